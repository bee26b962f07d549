//! Single words of placeholders, in small letters without accents: see [`crate::model::placeholder::fold`]. Texts made of nothing but them say
//! nothing. The compiler turns them into a table, so that a word costs one look and the program starts without work.

use crate::model::placeholder::table::{Hash, Table};

/// The parts that a word may play in a placeholder, a bit each.
pub(crate) type Roles = u16;

/// Marks a gap: with a note behind it, it is still no answer.
pub(crate) const MARKER: Roles = 1 << 0;
/// Begins a note after a marker.
pub(crate) const NOTE: Roles = 1 << 1;
/// Says nothing by itself, beside the others.
pub(crate) const FILLER: Roles = 1 << 2;
/// Is announced: participles, infinitives and nouns of work that is still to be done.
pub(crate) const ANNOUNCED: Roles = 1 << 3;
/// Puts what is announced into the future.
pub(crate) const ANNOUNCING: Roles = 1 << 4;
/// Demands what is announced.
pub(crate) const MODAL: Roles = 1 << 5;
/// Begins a remark on a promise: who keeps it, and when.
pub(crate) const CONNECTOR: Roles = 1 << 6;
/// Says that there is nothing.
pub(crate) const DENIAL: Roles = 1 << 7;
/// Is said to be missing, in a text that says nothing else.
pub(crate) const DENIED: Roles = 1 << 8;
/// Begins a pointer to another place.
pub(crate) const POINTING: Roles = 1 << 9;
/// Is a place that a pointer leads to.
pub(crate) const PLACE: Roles = 1 << 10;
/// Is found around the name of a place.
pub(crate) const AROUND_PLACE: Roles = 1 << 11;
/// Fills a field so that it is not empty.
pub(crate) const GIBBERISH: Roles = 1 << 12;
/// Is of an instruction in a form: what to write there, or that something goes there.
pub(crate) const FORM: Roles = 1 << 13;
/// Is a thing that is called by a marker, as the items of a to-do list are.
pub(crate) const MARKED: Roles = 1 << 14;

/// The roles of a word, 0 for most.
pub(crate) fn roles(word: Hash) -> Roles {
    TABLE.get(word)
}

static TABLE: Table<4096> = {
    let mut table = Table::new();
    let (mut row, mut marker) = (0, 0);
    while marker < MARKERS.len() {
        table.insert_all(MARKERS[marker].as_bytes(), b' ', MARKER);
        marker += 1;
    }
    while row < WORDS.len() {
        table.insert_all(WORDS[row].1.as_bytes(), b' ', WORDS[row].0);
        row += 1;
    }
    table
};

/// Words that mark a gap.
pub(crate) const MARKERS: &[&str] = &[
    "fixme",
    "tba",
    "tbc",
    "tbd",
    "tbs",
    "tbw",
    "tk",
    "tktk",
    "tobeannounced",
    "tobeconfirmed",
    "tobedecided",
    "tobedefined",
    "tobedetermined",
    "tobedone",
    "todo",
    "todos",
    "wip",
    "xxx",
];

/// The words by their roles, separated by spaces.
pub(crate) const WORDS: &[(Roles, &str)] = &[
    (
        NOTE,
        "add after align analyse analyze ask assess be before by check clarify complete confirm decide define \
         describe determine discuss document extend fill finish fix from here insert investigate later need needs \
         next please provide review see someone soon specify talk think till together until update verify wait we \
         what when who write",
    ),
    (
        FILLER,
        "a abschnitt also am ameacas amenazas an analyse analysis and angabe angaben any aqui are as assessment at \
         author authors be bedreigingen bedrohungen been bei being beschreibung bitte but by camada capa ce cette \
         contenido content contents contenu contenuto conteudo couche course currently da dal das date day days de \
         dem den der des description detail details deze die diese dieser dieses dit do documentation door du due \
         durch e ebene een ein eine einer el en entry equipe equipo es est esta este et field fields following for \
         further get gli here het hier i ici il ill im in info information inhalt inhalte inhoud into is ist it item \
         iteration its ive just kurze l la laag las layer layers le lequipe les let livello lo los mas me menaces \
         milestone minacce moment month months more my naher nahere next noch now o of on once one or os our ours \
         overview owner owners page par paragraph part parte partie pela pelo phase please point por present quarter \
         questa questo qui release riesgos rischi riscos risiken risk risks risques sao schicht se secao seccion \
         sectie section sections security sezione shall si since sind some somebody someone son sono sont sprint \
         stage still summary team text that the their then there these they this threat threats time to too um uma un \
         una und une up us version vom von was we week weeks well were weve while with word words y yet you your \
         zeitnah zu zum zur",
    ),
    (
        ANNOUNCED,
        "aangevuld aanvullen abstimmung actualizado actualizara add added adicionada adicionado aggiornato aggiunta \
         aggiunto agregado agregara agregaran ajoute ajoutee ajoutees ajoutes anadido anadira anadiran analisada \
         analisado analisar analizada analizado analizar analizzare analizzato analysed analysieren analysiert \
         analysing analyze analyzed analyzing andamento announced answered appointed approval approvazione aprobacion \
         aprovacao arbeit assessed assigned atualizado ausfullen ausgefullt bearbeitet bearbeitung beginning bepaald \
         bepalen beschreiben beschreven beschrieben bestimmen bestimmt clarification clarified come comes compilata \
         compilato compiled completada completado completara completaran completata completato complete completed \
         completee completees completes completion conferma confirmacao confirmacion confirmation confirmed \
         construction created decided decision decrit decrite define defined defini definida definido definie \
         definieren definiert definies definira definiran definis definita definito delivered described describira \
         descrito descritta descritto designed detailed determinado determinara determinato determine determined \
         determinee development discussed discussion documented done drafted drafting eingetragen eintragen \
         elaboracion elaborado elaborated entschieden erarbeitet erganzen erganzt erledigen erledigt erstellt \
         evaluated expanded extended festgelegt festlegen fill filled filling finalised finalized finished follow \
         follows formulated fourni fournie freigabe gefullt geklart gepruft hinzugefugt ingevuld input inserted \
         inspected integrato investigated investigation invullen klaren klarung lavorazione look looked nachgeliefert \
         nachgereicht nachgetragen named nominated off performed populated precise precisee preenchida preenchido \
         preparation prepared progress provided prufen prufung published redaction redige redigee refined rellenara \
         rempli remplie remplies remplis renseigne renseignee research researched review reviewed reviewing revisao \
         revision revisione sign signoff specified started submitted supplemented supplied toegevoegd traite traitee \
         uitgewerkt update updated updating verification vervollstandigt vorbereitung vullen write writing written",
    ),
    (
        ANNOUNCING,
        "actualizara adelante afterwards agregara agregaran anadira anadiran analizara analizaran attente attesa \
         ausstehend aussteht awaiting awaits bald bientot binnenkort breve coming completara completaran deferred \
         definira definiran demnachst depois describira determinara dopo eventually folgen folgt follow follows \
         forthcoming future gets going gonna incomplete kommt later luego nachfolgend nader nog offen ongoing \
         outstanding pendente pendentes pendiente pendientes pending planned plus posteriormente postponed presto \
         prochainement pronto prossimamente proximamente rellenara sara saranno scheduled seguira seguito sera seran \
         serao seront shall shortly soon spater steht subsequently successivamente suivra suivront tard tba tbc tbd \
         tobe todo ulterieurement under underway unfinished upcoming venir verra verranno volgt waiting werden will \
         wip wird worden wordt yet",
    ),
    (MODAL, "muss mussen must need needed needs required requires requiring should soll sollen"),
    (
        CONNECTOR,
        "after antes apos apres as at avant avec because before bei bis by com con cuando da dal dans de depois des \
         despues door dopo durch during en following for from im in lors met mit na nach no on once par para pela \
         pelo per por pour prima quand quando sobald till tras until upon vom von vor wanneer wenn when whenever with \
         within zodra",
    ),
    (
        DENIAL,
        "denied n na never nil no nobody none not nothing rejected unapproved unassigned untested without zero",
    ),
    (
        DENIED,
        "add all any anything applicable applies apply approved are as assigned at available aware be been can \
         concern concerns currently defined detected do documented documents does else entered evidence exist exists \
         far filled find for found further given have here i identified in is issue issues it known layer layers \
         listed missing moment needed note noted notes now observed of our particular present provided recorded \
         relevant report reported required reviewed risk risks section see serious set signed significant so special \
         specific specified stated such tested that the there this threat threats time to us was we were yet",
    ),
    (
        POINTING,
        "addressed analogous as captured cf consult copy covered described detailed discussed documented explained \
         found identical like link listed mentioned refer referring refers repeat same see siehe tracked vease vedi \
         viz voir zie",
    ),
    (
        PLACE,
        "abaixo abajo above acima allegato anexo anhang annex annexe appendix arriba attached attachment attachments \
         backlog bas below bijlage board boven chapter confluence deck description dessous dessus diagram doc docs \
         document documentation documents dokument dokumentation drive dropbox earlier elsewhere epic excel figure \
         file files folder gitbook github gitlab google guide handbook haut here intranet issue issues jira later \
         layer layers link links manual miro next notion oben onder onedrive page pages paragraph pdf policy portal \
         previous previously prior readme register repo report repository section sections sharepoint sheet site \
         slack slide slides sopra sotto spec specification spreadsheet table teams there ticket tickets tracker unten \
         url website wiki wikis",
    ),
    (
        AROUND_PLACE,
        "a agents all also an analysis and architecture are as at auf be by ci complete corresponding dans das de dem \
         den der detail details die du el en entry external for from full fur further given im in info information \
         internal is it item its la le les listed main mehr mentioned model modeling modelling more na nel nella no \
         nostra nostro notre nuestra nuestro of official on one other our own please project relevant respective risk \
         risks same security separate system team that the their these this threat threats to two und under unser \
         unserem unserer us ver version we you your",
    ),
    (
        GIBBERISH,
        "aaa abc abcd amet amp asap asd asdf asdfasdf asdfgh asdfghjkl bar baz bla blah blank bleh blub blubb checked \
         dolor done dummy dunno empty etc example fine foo foobar fubar good gt hello hjkl hmm huh idk ignore ignored \
         intentionally ipsum left lipsum lol lorem lt meh n nah nbsp nice nope null ok okay placeholder quot qux qwer \
         qwert qwerty qwertz rtfm sample sit skip skipped stub sure temp test testing tests tmp undefined untitled \
         whatever world xyz yadda yeah yep yes zzz",
    ),
    (
        FORM,
        "add analyse analyze assess complete describe enter explain fill go goes insert list paste placeholder \
         placeholders provide put replace type update write",
    ),
    (MARKED, "app apps branches comments commits entries items limit limits lists"),
];
