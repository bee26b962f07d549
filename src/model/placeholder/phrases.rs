//! Phrases of placeholders, one row a language, separated by `|`. Case, accents, punctuation and spaces do not count. Phrases
//! in Latin letters are written without accents, so that the compiler can make a table of them.

use crate::model::placeholder::table::{Hash, Table};

/// What a phrase is for, which decides in which fields it counts. The last one wins, because it counts in most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Group {
    /// A pointer to another place.
    Pointer,
    /// That there is nothing.
    Nothing,
    /// The words of a form.
    Form,
    /// A promise of a text to come.
    Promise,
    /// A text that no field takes for a value.
    Empty,
}

impl Group {
    const ALL: [(Self, Rows); 5] = [
        (Self::Pointer, POINTERS),
        (Self::Nothing, NOTHINGS),
        (Self::Form, FORMS),
        (Self::Promise, PROMISES),
        (Self::Empty, EMPTY),
    ];
}

/// All phrases with their groups.
pub(crate) fn all() -> impl Iterator<Item = (&'static str, Group)> {
    let rows = Group::ALL.into_iter().flat_map(|(group, rows)| rows.iter().map(move |(_, row)| (row, group)));
    rows.flat_map(|(row, group)| row.split('|').map(move |phrase| (phrase, group)))
}

static LATIN: Table<8192> = {
    let mut table = Table::new();
    let mut group = 0;
    while group < Group::ALL.len() {
        let (rows, mut row) = (Group::ALL[group].1, 0);
        while row < rows.len() {
            table.insert_all(rows[row].1.as_bytes(), b'|', 1 << group);
            row += 1;
        }
        group += 1;
    }
    table
};

/// The group of a phrase in Latin letters.
pub(crate) fn latin(phrase: Hash) -> Option<Group> {
    let groups = LATIN.get(phrase);
    let last = usize::try_from(groups.checked_ilog2()?).ok()?;
    Group::ALL.get(last).map(|(group, _)| *group)
}

/// Phrases of one group: the language and what is said in it.
pub(crate) type Rows = &'static [(&'static str, &'static str)];

/// Texts that no field takes for a value.
pub(crate) const EMPTY: Rows = &[
    (
        "English",
        "wip|nothing|no threats|none identified|none known|todo|to do|tbd|tba|tbc|fixme|n/a|na|none|unknown|pending",
    ),
    (
        "English",
        "xxx|placeholder|place holder|lorem|null|not applicable|to be determined|to be done|unassigned|nobody yet|coming soon|in progress",
    ),
    ("Chinese", "待办|待辦|待定|未定|暂定|占位符|佔位符|占位"),
    ("Japanese", "未定|未記入|未入力|プレースホルダー|要記入"),
    ("Korean", "미정|할 일|할일|추후 결정|미작성|미입력"),
    ("Russian", "тодо|туду|заглушка|не определено|не заполнено"),
    ("Ukrainian", "не визначено|не заповнено|заглушка"),
    ("Arabic", "غير محدد|لم يحدد بعد|يحدد لاحقا"),
    ("Hebrew", "לביצוע|טרם נקבע|ייקבע בהמשך"),
    ("Hindi", "निर्धारित नहीं|निर्धारित किया जाना है"),
    ("Thai", "ยังไม่กำหนด|รอกำหนด"),
    ("Greek", "εκκρεμεί|προς καθορισμό"),
    ("Turkish", "belirlenecek|yapilacak|belirsiz"),
    ("Polish", "do zrobienia|do ustalenia|nieustalone"),
    ("Czech", "bude urceno|k doplneni|zastupny text"),
    ("German", "platzhalter|zu erledigen|noch offen|offen|n.n."),
    ("French", "a faire|a definir|a determiner|espace reserve"),
    ("Spanish", "por hacer|por definir|por determinar|a definir"),
    ("Portuguese", "a fazer|a definir|a determinar|por definir"),
    ("Italian", "da fare|da definire|da determinare|segnaposto"),
    ("Dutch", "nog te doen|te doen|nader te bepalen|n.t.b.|nog te bepalen"),
    ("English", "no one|noone|someone|somebody|anyone|anybody"),
];

/// Promises of a text to come.
pub(crate) const PROMISES: Rows = &[
    ("German", "bitte erganzen|noch leer|leer|spater ausfullen"),
    (
        "Russian",
        "будет позже|скоро будет|заполним позже|заполню позже|напишем позже|допишем|будет готово позже",
    ),
    ("Chinese", "以后补|暂时没有|待完成|稍后再补|稍后更新"),
    ("Japanese", "見直し中|後程|後ほど記載"),
    ("Korean", "추후|추후 확정|추후 제공"),
    ("Arabic", "سيتم التحديث لاحقا|سيتم التحديث"),
    ("Hebrew", "בהכנה|יעודכן בהמשך"),
    ("Hindi", "जल्द ही|जल्द अपडेट होगा"),
    ("Thai", "รอข้อมูล|จะอัปเดตภายหลัง"),
    ("Vietnamese", "se cap nhat sau|sau|de sau"),
    ("Indonesian and Malay", "belum|belum diisi|akan diperbarui"),
    (
        "English",
        "coming soon|in progress|work in progress|later|soon|fill in|fill me in|fill this in|fill in later|please fill in",
    ),
    (
        "English",
        "to be completed|to be defined|to be added|to be filled in|to be written|to be confirmed|to be decided|to be assigned",
    ),
    (
        "English",
        "to follow|to come|more to come|details to follow|under construction|under review|under discussion|draft|first draft",
    ),
    (
        "English",
        "watch this space|stay tuned|not yet|not done yet|needs work|needs input|needs review|stub|add text|add text here|write me",
    ),
    (
        "English",
        "describe me|describe|describe here|complete me|complete this|please complete|please describe|add later|add details|add content",
    ),
    (
        "English",
        "ask the team|ask me|ask later|check later|check with the team|to discuss|to be discussed|next sprint|next release",
    ),
    (
        "English",
        "not started|later on|next time|in the next version|in the next release|under development|will do|will do later|work needed",
    ),
    (
        "French",
        "a completer|a remplir|a rediger|a preciser|a confirmer|a venir|a suivre|a ajouter|a renseigner|a decrire|a analyser|a valider",
    ),
    (
        "French",
        "en cours|en attente|en cours de redaction|en preparation|prochainement|bientot|plus tard|reste a faire|non renseigne",
    ),
    (
        "French",
        "sera complete|sera complete plus tard|sera ajoute ulterieurement|sera defini plus tard|sera rempli plus tard",
    ),
    (
        "German",
        "wird nachgereicht|wird erganzt|wird noch erganzt|folgt|folgt noch|folgt spater|folgt in kurze|noch zu erganzen|zu erganzen",
    ),
    (
        "German",
        "noch auszufullen|auszufullen|ausfullen|bitte ausfullen|hier ausfullen|noch zu klaren|zu klaren|noch zu definieren|zu definieren",
    ),
    (
        "German",
        "in arbeit|in bearbeitung|in vorbereitung|in klarung|steht noch aus|ausstehend|spater|demnachst|kommt noch|kommt bald|kommt spater",
    ),
    (
        "German",
        "noch nicht ausgefullt|noch nicht definiert|noch festzulegen|noch festlegen|muss noch erganzt werden|entwurf",
    ),
    (
        "Spanish",
        "a completar|por completar|pendiente|pendiente de revision|pendiente de definir|proximamente|en curso|en progreso|en proceso",
    ),
    (
        "Spanish",
        "en construccion|se completara|se completara mas adelante|se definira|se anadira|se agregara|mas tarde|mas adelante|por rellenar",
    ),
    ("Spanish", "por llenar|rellenar|completar|falta completar|sin definir|por confirmar|por escribir|luego"),
    (
        "Portuguese",
        "a completar|a preencher|por preencher|por completar|pendente|em breve|em andamento|em curso|em construcao|em elaboracao",
    ),
    (
        "Portuguese",
        "sera preenchido|sera preenchido depois|sera adicionado|sera definido|a ser definido|a ser preenchido|preencher|mais tarde",
    ),
    ("Portuguese", "aguardando|aguardando revisao|a confirmar|a adicionar|depois"),
    (
        "Italian",
        "da completare|da compilare|da aggiungere|da scrivere|da confermare|in attesa|in corso|in lavorazione|prossimamente|segue",
    ),
    (
        "Italian",
        "sara completato|verra completato|verra aggiunto|sara aggiunto|piu tardi|in seguito|da rivedere|in arrivo|in preparazione",
    ),
    (
        "Dutch",
        "nog in te vullen|in te vullen|volgt|volgt later|volgt nog|nog aan te vullen|wordt later aangevuld|wordt aangevuld|wordt nog ingevuld",
    ),
    (
        "Dutch",
        "komt later|komt nog|in bewerking|in behandeling|in uitvoering|binnenkort|nog uit te werken|later invullen",
    ),
    (
        "Swedish",
        "att gora|kommer senare|kommer snart|fylls i senare|fyll i|under arbete|pagar|att definiera|kompletteras senare|kompletteras",
    ),
    (
        "Danish and Norwegian",
        "kommer senere|kommer snart|udfyldes senere|udfyldes|fylles ut senere|fylles ut|under arbejde|under arbeid|mangler|pagar",
    ),
    (
        "Finnish",
        "taydennetaan myohemmin|taydennetaan|tehdaan myohemmin|tulossa|tulossa pian|kesken|myohemmin|tayta",
    ),
    (
        "Polish",
        "do uzupelnienia|do okreslenia|do wypelnienia|do opisania|w przygotowaniu|w trakcie|wkrotce|pozniej|uzupelnic|zostanie uzupelnione",
    ),
    ("Polish", "zostanie dodane pozniej|oczekuje na przeglad|w toku|do weryfikacji"),
    (
        "Czech",
        "doplnit|bude doplneno|bude doplneno pozdeji|pripravuje se|pozdeji|brzy|dodelat|vyplnit|bude vyplneno",
    ),
    ("Slovak", "doplnit|bude doplnene|bude doplnene neskor|neskor|pripravuje sa"),
    ("Hungarian", "kitoltendo|kesobb|kitoltes alatt|folyamatban|hamarosan|potolando"),
    ("Romanian", "de completat|urmeaza|in curs|va fi completat|va fi completat ulterior|in lucru"),
    (
        "Croatian and Serbian",
        "dopuniti|u izradi|naknadno|bit ce dopunjeno|bice dopunjeno|у изради|накнадно|допунити",
    ),
    (
        "Turkish",
        "daha sonra doldurulacak|doldurulacak|tamamlanacak|daha sonra|yakinda|hazirlaniyor|eklenecek|devam ediyor|beklemede|sonra",
    ),
    (
        "Vietnamese",
        "se bo sung sau|se bo sung|dang cap nhat|chua xac dinh|se cap nhat|se dien sau|dang cho|bo sung sau|chua co",
    ),
    (
        "Indonesian and Malay",
        "akan diisi nanti|akan diisi|belum ditentukan|menyusul|segera|akan dilengkapi|akan ditambahkan|dalam proses|nanti|belum ada",
    ),
    (
        "Russian",
        "будет заполнено позже|будет заполнено|будет добавлено|будет добавлено позже|будет дополнено|будет дополнено позже|будет описано позже",
    ),
    (
        "Russian",
        "в разработке|в работе|в процессе|позже|потом|уточняется|требует уточнения|заполнить|дописать|дополнить|скоро|в ожидании|на согласовании",
    ),
    (
        "Russian",
        "ожидает проверки|на рассмотрении|надо заполнить|нужно заполнить|добавить|описать|доделать|сделать|черновик|в стадии подготовки",
    ),
    (
        "Ukrainian",
        "буде додано|буде додано пізніше|буде заповнено|буде заповнено пізніше|уточнюється|в роботі|в процесі|пізніше|заповнити|доповнити|скоро",
    ),
    ("Bulgarian", "предстои|ще бъде попълнено|ще бъде добавено|попълни|по-късно|в процес"),
    (
        "Greek",
        "θα συμπληρωθεί|θα συμπληρωθεί αργότερα|προς συμπλήρωση|σε εξέλιξη|σύντομα|αργότερα|θα προστεθεί",
    ),
    (
        "Arabic",
        "قيد الإعداد|قيد الانتظار|قيد المراجعة|قيد التنفيذ|قيد العمل|لاحقا|سيتم التحديد لاحقا|سيتم استكماله لاحقا|سيتم إكماله لاحقا",
    ),
    (
        "Arabic",
        "سيضاف لاحقا|ستضاف لاحقا|سيتم إضافته لاحقا|يكمل لاحقا|للاستكمال|قريبا|في انتظار المراجعة|سيتم تعبئته لاحقا|سيحدد لاحقا|تحت المراجعة",
    ),
    ("Persian", "بعدا|بعداً تکمیل می‌شود|در دست تهیه|در حال تکمیل|به زودی|تکمیل خواهد شد|بعدا تکمیل شود"),
    ("Hebrew", "יושלם בהמשך|להשלים|להשלמה|בקרוב|בהמשך|בתהליך|ימולא בהמשך|ממתין לבדיקה|בעבודה"),
    ("Hindi", "बाद में|बाद में भरा जाएगा|लंबित|जल्द आ रहा है|प्रगति पर|समीक्षा लंबित|भरना बाकी है|बाद में जोड़ा जाएगा"),
    ("Thai", "รอดำเนินการ|จะเพิ่มภายหลัง|กำลังดำเนินการ|เร็วๆ นี้|รอเพิ่มเติม|ภายหลัง"),
    (
        "Chinese",
        "待补充|待补|待填|待填写|待完善|待确认|待更新|待定义|待评估|待讨论|待分析|待续|待审|待审核|待处理|稍后补充|后续补充|稍后填写|以后再说|以后补充",
    ),
    (
        "Chinese",
        "敬请期待|进行中|正在进行|开发中|编写中|整理中|完善中|审核中|草稿|后补|稍后|将在后续补充|即将推出|暂缺|未填写|未填|请填写|请补充|需补充",
    ),
    (
        "Chinese",
        "待補充|待補|待填寫|待完善|待確認|待評估|待討論|待審核|稍後補充|後續補充|稍後填寫|敬請期待|進行中|撰寫中|草稿|後補|稍後|未填寫|請填寫",
    ),
    (
        "Chinese",
        "后期补充|稍后添加|稍后完善|之后补充|后面再写|以后再填|下次补充|更新中|建设中|施工中|内容待定|详情待定|详情稍后公布|暂不填写|待更新中|先空着",
    ),
    (
        "Japanese",
        "後で|あとで|後日|後ほど|後日記入|後で記入|後で記入する|後ほど記入|後で追記|後日追記|記入予定|追記予定|要確認|検討中|作成中|準備中|調査中|対応中",
    ),
    (
        "Japanese",
        "確認中|追って|近日公開|レビュー待ち|確認待ち|対応予定|これから|これから記入|今後追加|今後記載|下書き|記載予定|ここに記入|記入してください|要検討|要追記",
    ),
    (
        "Japanese",
        "後で書く|後で書きます|あとで書く|書き途中|準備中です|工事中|未作成|未実施|未対応|未検討|未完成|仮置き|ダミー|後で追加|後日対応|後日追加します",
    ),
    (
        "Korean",
        "추후 작성|추후 기재|추후 보완|추후 추가|나중에|나중에 작성|나중에 추가|작성 예정|작성중|작성 중|검토 중|검토중|검토 예정|확인 필요|확인 중|준비 중",
    ),
    (
        "Korean",
        "진행 중|진행중|보완 예정|추가 예정|업데이트 예정|작성 필요|곧 추가|초안|추후 업데이트|추후 공지|검토 대기|작성해 주세요",
    ),
    (
        "Korean",
        "작업 중|미완성|미정입니다|추후에 작성|추후에 작성하겠습니다|나중에 작성하겠습니다|나중에 채움|추후 입력|보류|보류 중|대기 중|더미",
    ),
    (
        "English",
        "in review|currently in review|being reviewed|being written|being worked on|still being worked on|work ongoing|under way|draft pending",
    ),
    (
        "English",
        "blocked|on hold|needs more work|needs analysis|more detail needed|details needed|more details needed|more info needed|more information to come",
    ),
    (
        "English",
        "empty for now|blank for now|unknown yet|placeholder for now|check with security|ask security|talk to security|deferred|postponed|planned",
    ),
    ("German", "noch nicht analysiert|noch zu analysieren|in prufung|wird gepruft|in abstimmung"),
    ("French", "en cours d'analyse|a l'etude"),
    ("Spanish", "en revision|por analizar|en analisis"),
    ("Portuguese", "em revisao|em analise|a analisar|a ser analisado"),
    ("Italian", "in revisione|da analizzare|in fase di analisi"),
    (
        "Chinese",
        "待补|待补充|待补全|待确认|待审核|待审批|待完善|待填写|待填|待处理|待分析|待评估|待更新|待撰写|待编写|待讨论|待定义|待明确|待议|待续|待添加|待补录|分析中|评估中|编写中|整理中|审核中",
    ),
    ("Chinese", "待補|待補充|待確認|待審核|待完善|待填寫|待處理|待分析|待評估|待更新|待撰寫|待討論|待定義"),
    ("Japanese", "作業中|分析中|対応中|執筆中"),
    ("Hebrew", "בעבודה|בבדיקה"),
    ("Hindi", "जल्द आएगा"),
    ("Thai", "อยู่ระหว่างดำเนินการ"),
    ("Arabic", "قيد المراجعة"),
];

/// The words of a form that nobody has filled in.
pub(crate) const FORMS: Rows = &[
    (
        "English",
        "your name|your name here|name here|your team|your team here|owner name|name of the owner|insert name|insert name here|enter name",
    ),
    (
        "English",
        "agent name|name of the agent|my agent|your agent|insert text|insert text here|text here|your text here|your text|enter text|enter text here",
    ),
    (
        "English",
        "description here|insert description|enter description|type here|write here|some text|sample text|example text|dummy text|lorem ipsum",
    ),
    (
        "English",
        "placeholder text|change me|changeme|replace me|replaceme|replace this|insert here|example only|template|from the template|default text",
    ),
    (
        "German",
        "hier text einfugen|text einfugen|beispieltext|blindtext|name einfugen|hier eintragen|bitte eintragen",
    ),
    ("French", "texte ici|votre texte ici|inserer le texte|exemple de texte|votre nom|faux texte"),
    ("Spanish", "texto aqui|escriba aqui|insertar texto|texto de ejemplo|su nombre"),
    ("Portuguese", "texto aqui|escreva aqui|inserir texto|texto de exemplo|seu nome"),
    ("Italian", "testo qui|inserire testo|inserisci testo|testo di esempio|il tuo nome"),
    ("Chinese", "在此输入|请输入|在此填写|示例文本|在此輸入|請輸入|此处填写|范例"),
    ("Japanese", "ここに入力|入力してください|サンプルテキスト|ここにテキスト"),
    ("Korean", "여기에 입력|입력하세요|예시 텍스트|여기에 작성"),
    ("Russian", "введите текст|текст здесь|пример текста|ваш текст"),
    ("English", "your email|your email here|email here|owner here|insert owner|analysis here|threats here"),
];

/// Texts that say that there is nothing, without a reason, and words that say nothing at all.
pub(crate) const NOTHINGS: Rows = &[
    (
        "English",
        "no|yes|none|nope|nothing known|not relevant|not available|not known|not specified|not defined|no idea|dont know|i dont know",
    ),
    (
        "English",
        "no comment|no concerns|no issues|no risk|no risks|no threats known|all good|looks good|lgtm|same|whatever|who knows|not sure|no answer",
    ),
    (
        "English",
        "low|medium|high|critical|low risk|medium risk|high risk|true|false|on|off|default|various|several|many|other|misc|standard|as usual",
    ),
    (
        "English",
        "foundation models|data operations|agent frameworks|deployment and infrastructure|evaluation and observability|security and compliance",
    ),
    (
        "English",
        "agent ecosystem|foundation model|agent framework|mapped|open|accepted|mitigated|done|finished|completed|nil|void|blank|empty",
    ),
    (
        "English",
        "because|just because|backlog|intentionally left blank|left blank|this page intentionally left blank|leave blank|none so far|none for now|no content|no text|no answer yet|n/a for now|na for now|n/a yet|not now|not needed|not required|obvious|self explanatory|self evident|see title|trivial",
    ),
    (
        "French",
        "aucun|aucune|rien|neant|sans objet|non applicable|inconnu|inconnue|pas de menace|aucune menace|rien a signaler|ras|s/o|non|oui|pas applicable",
    ),
    (
        "French",
        "aucune menace connue|aucun risque|aucun risque identifie|aucune menace identifiee|non defini|non connu|pas encore defini|sans commentaire",
    ),
    (
        "German",
        "keine|keiner|keins|nichts|unbekannt|nicht zutreffend|entfallt|nicht anwendbar|nicht relevant|k.a.|keine angabe|keine angaben|nein|ja|trifft nicht zu",
    ),
    (
        "German",
        "keine bekannt|keine bedrohungen|keine bedrohungen bekannt|keine risiken|keine risiken bekannt|nichts bekannt|nicht bekannt|nicht definiert|weiss nicht",
    ),
    (
        "Spanish",
        "ninguno|ninguna|nada|no aplica|no aplicable|desconocido|desconocida|si|sin amenazas|sin riesgos|ninguna amenaza conocida|no se conoce|no definido",
    ),
    (
        "Portuguese",
        "nenhum|nenhuma|nada|nao aplicavel|nao se aplica|desconhecido|desconhecida|sim|nao|sem ameacas|sem riscos|nenhuma ameaca conhecida|nao definido",
    ),
    (
        "Italian",
        "nessuno|nessuna|niente|nulla|non applicabile|sconosciuto|sconosciuta|si|nessuna minaccia|nessun rischio|non definito|non noto|non pertinente",
    ),
    (
        "Dutch",
        "geen|onbekend|n.v.t.|niet van toepassing|nee|ja|niets|geen bedreigingen|geen risico's|niet bekend|niet relevant",
    ),
    ("Swedish", "ingen|inga|inget|ej tillampligt|okant|nej|ej aktuellt|inga kanda hot|saknas"),
    (
        "Danish and Norwegian",
        "ingen|intet|ikke aktuelt|ikke relevant|ukendt|ukjent|nei|ikke anvendelig|ingen kendte trusler|ingen kjente trusler",
    ),
    ("Finnish", "ei ole|ei tiedossa|ei mitaan|ei sovellu|tuntematon|ei|kylla|ei relevantti"),
    ("Polish", "brak|nie dotyczy|nieznane|nie|tak|nic|brak zagrozen|nieznany|nie wiem|brak danych"),
    (
        "Czech and Slovak",
        "neni|zadne|zadna|nevim|nezname|ne|ano|nie je|ziadne|nezname|netyka se|netyka sa|nic",
    ),
    ("Hungarian", "nincs|nem|igen|ismeretlen|nem alkalmazhato|nem ismert"),
    ("Romanian", "niciunul|niciuna|nimic|nu se aplica|necunoscut|nu|da"),
    ("Turkish", "yok|hicbiri|bilinmiyor|hayir|evet|uygulanamaz|gecerli degil|bilinen tehdit yok"),
    ("Vietnamese", "khong co|khong|khong ap dung|khong ro|chua ro|co"),
    ("Indonesian and Malay", "tidak ada|tiada|tidak berlaku|tidak diketahui|tidak|ya"),
    (
        "Russian",
        "нет|нету|да|неизвестно|не применимо|неприменимо|отсутствует|отсутствуют|не известно|ничего|угроз нет|нет угроз|не знаю|н/д|нет данных|не указано",
    ),
    ("Ukrainian", "немає|нема|невідомо|не застосовується|відсутні|ні|так|не знаю|загроз немає"),
    ("Bulgarian", "няма|неизвестно|неприложимо|не|да"),
    ("Greek", "κανένα|κανένας|καμία|άγνωστο|δεν υπάρχει|μη εφαρμόσιμο|όχι|ναι|δεν εφαρμόζεται|τίποτα"),
    ("Arabic", "لا شيء|لا يوجد|غير معروف|غير متاح|غير منطبق|لا ينطبق|لا|نعم|لا توجد تهديدات|مجهول|لا أعرف|لا تنطبق"),
    ("Persian", "ندارد|هیچ|نامشخص|نامعلوم|خیر|بله|موردی ندارد"),
    ("Hebrew", "אין|לא ידוע|לא רלוונטי|לא|כן|כלום|אין איומים|לא ישים"),
    ("Hindi", "कोई नहीं|अज्ञात|लागू नहीं|नहीं|हाँ|कुछ नहीं|कोई खतरा नहीं"),
    ("Thai", "ไม่มี|ไม่ทราบ|ไม่เกี่ยวข้อง|ไม่|ใช่"),
    (
        "Chinese",
        "暂无|无|没有|不适用|未知|不知道|略|空|测试|是|否|不明|无威胁|没有威胁|暂无威胁|无内容|空白|没什么|不清楚|无风险|没有风险|無|沒有|不適用|暫無|不知道|測試|無威脅|不详|未明",
    ),
    (
        "Japanese",
        "なし|該当なし|特になし|不明|無し|無|はい|いいえ|ない|ありません|特にありません|該当しない|テスト|わからない|未確認|対象外|省略|脅威なし|リスクなし|記載なし|特筆事項なし|問題なし|空欄|空白",
    ),
    (
        "Korean",
        "해당 없음|해당없음|없음|알 수 없음|모름|예|네|아니요|아니오|테스트|없습니다|특이사항 없음|위협 없음|적용 안 됨|불명|생략|해당사항 없음|빈칸|내용 없음",
    ),
    (
        "English",
        "no data|no info|no information|leave empty|left empty|unfilled|unclear|i have no idea|no clue|clueless",
    ),
    ("Spanish", "no procede"),
    ("Chinese", "暂无内容|暂无数据|暂无信息|暂无分析"),
    ("Finnish", "ei sovellettavissa"),
    ("Arabic", "غير متوفر"),
    ("Greek", "δεν ισχύει"),
];

/// Texts that only point to another place.
pub(crate) const POINTERS: Rows = &[
    (
        "English",
        "ditto|idem|ibid|ibidem|same as above|as above|like above|same as before|same as previous|see above|see below|above|below|the same",
    ),
    (
        "English",
        "wiki|see wiki|link|link below|see link|attached|see attached|in the wiki|in confluence|in the docs|on the wiki|elsewhere|documented elsewhere",
    ),
    (
        "English",
        "covered elsewhere|covered above|covered below|described above|described below|already covered|already described|same as the others|as before",
    ),
    (
        "English",
        "same here|same thing|same as other layers|same as l1|see previous|refer above|as described above|as mentioned above|as mentioned before",
    ),
    (
        "English",
        "as discussed|as per above|op. cit.|vide supra|click here|in attachment|in the attachment|on confluence|wiki page|our wiki|google it|check wiki|check the wiki|check the docs|read the docs|read the wiki",
    ),
    (
        "French",
        "voir ci-dessus|voir ci-dessous|voir plus haut|voir plus bas|cf. ci-dessus|ci-dessus|ci-dessous|idem ci-dessus|idem que ci-dessus|comme ci-dessus|voir annexe",
    ),
    ("French", "voir wiki|voir le wiki|voir documentation|meme chose|la meme chose|identique|pareil"),
    (
        "German",
        "siehe oben|s. o.|siehe unten|s. u.|wie oben|dito|ebenso|siehe wiki|siehe confluence|siehe anhang|siehe dokumentation|siehe doku|gleiches gilt|dasselbe",
    ),
    ("German", "analog|analog zu oben|wie zuvor|oben|unten|gleich wie oben|siehe dort|siehe anderswo"),
    (
        "Spanish",
        "ver arriba|vease arriba|ver mas arriba|ver abajo|igual que arriba|lo mismo|idem|ver wiki|ver documentacion|ver anexo|como arriba|igual",
    ),
    (
        "Portuguese",
        "ver acima|veja acima|ver abaixo|igual acima|o mesmo|mesmo que acima|ver wiki|ver documentacao|ver anexo|como acima|vide acima",
    ),
    (
        "Italian",
        "come sopra|vedi sopra|vedi sotto|lo stesso|uguale|vedi wiki|vedi documentazione|vedi allegato|si veda sopra|stessa cosa",
    ),
    (
        "Dutch",
        "zie boven|zie hierboven|zie onder|zie hieronder|hetzelfde|zelfde als boven|zie wiki|zie documentatie|zie bijlage",
    ),
    ("Swedish", "se ovan|se nedan|samma som ovan|se wiki|samma|detsamma"),
    (
        "Danish and Norwegian",
        "se ovenfor|se nedenfor|se over|se under|samme som ovenfor|som over|som ovenfor|se wiki|samme",
    ),
    ("Finnish", "katso ylla|ks. ylla|katso alla|sama kuin ylla|katso wiki|samoin"),
    (
        "Polish",
        "jak wyzej|j.w.|patrz wyzej|zob. wyzej|patrz wiki|zobacz wiki|patrz dokumentacja|to samo|patrz nizej",
    ),
    (
        "Czech and Slovak",
        "viz vyse|viz nize|viz wiki|viz dokumentace|stejne|totez|pozri vyssie|ako vyssie|jako vyse|to iste",
    ),
    ("Hungarian", "lasd fent|lasd fentebb|lasd lent|ugyanaz|mint fent|lasd wiki"),
    ("Romanian", "vezi mai sus|vezi wiki|la fel|idem ca mai sus"),
    (
        "Turkish",
        "yukariya bakiniz|yukariya bakin|bkz. yukari|yukaridaki gibi|ayni|asagiya bakiniz|wikiye bakin",
    ),
    ("Vietnamese", "nhu tren|xem o tren|xem tren|xem wiki|giong nhu tren|xem ben duoi"),
    (
        "Indonesian and Malay",
        "lihat di atas|lihat atas|sama seperti di atas|sama dengan di atas|lihat wiki|sda",
    ),
    (
        "Russian",
        "см. выше|см выше|смотри выше|см. ниже|то же|то же самое|аналогично|как выше|смотри вики|см. вики|см. документацию|тоже|там же|см. приложение",
    ),
    ("Ukrainian", "див. вище|див. нижче|те саме|аналогічно|як вище|дивись вікі|див. вікі"),
    ("Bulgarian", "виж по-горе|същото|виж горе|виж уики"),
    ("Greek", "βλέπε παραπάνω|βλ. παραπάνω|ομοίως|το ίδιο|όπως παραπάνω|βλέπε wiki"),
    (
        "Arabic",
        "كما سبق|نفس ما سبق|انظر أعلاه|كما هو أعلاه|كما ورد أعلاه|انظر أدناه|نفس الشيء|راجع الويكي|انظر الويكي|راجع الوثائق|أعلاه",
    ),
    ("Persian", "مانند بالا|همانند بالا|رجوع به بالا|همان|به ویکی مراجعه کنید"),
    ("Hebrew", "כנ\"ל|ראה לעיל|ראו לעיל|כמו למעלה|ראה ויקי|ראה למטה"),
    ("Hindi", "ऊपर देखें|वही|ऊपर जैसा|विकी देखें|नीचे देखें"),
    ("Thai", "ดูด้านบน|เหมือนข้างต้น|เช่นเดียวกับข้างต้น|ดูวิกิ"),
    (
        "Chinese",
        "同上|见上|见上文|如上|见下|见下文|参见上文|详见wiki|见wiki|见文档|详见文档|参见文档|见附件|参考文档|同前|同上所述|参考上文|与上同|和上面一样|同第一层|参考wiki|見上|見上文|見下文|詳見文件|見文件|見附件",
    ),
    (
        "Japanese",
        "同上|上記参照|以下参照|上記と同じ|同じ|上に同じ|別紙参照|資料参照|ドキュメント参照|wiki参照|ウィキ参照|上記の通り|前述の通り|下記参照|別途参照|左に同じ|同様|同左|別紙|リンク参照",
    ),
    (
        "Korean",
        "위와 같음|상동|위 참조|위키 참조|문서 참조|아래 참조|상기 참조|위와 동일|동일|동일함|문서 참고|위키 참고|위 내용 참조|같음|별첨 참조|이하 동일|상기와 동일|참조|링크 참조",
    ),
    (
        "Japanese",
        "別添参照|文書参照|設計書参照|仕様書参照|リンク参照|前述参照|後述参照|詳細参照|こちら参照|チケット参照|readme参照|添付参照|別表参照",
    ),
    (
        "Korean",
        "링크 참조|설계서 참조|첨부 참조|상세 참조|링크 참고|첨부 참고|아래 참고|위 참고|문서를 참조|문서를 참고",
    ),
];

/// Beginnings and ends of short texts in scripts without spaces: the affix, and the most letters that the whole may have.
pub(crate) struct Affix {
    pub(crate) text: &'static str,
    pub(crate) most: usize,
}

/// Beginnings of promises.
pub(crate) const PROMISE_PREFIXES: &[Affix] = &[Affix { text: "后续再", most: 8 }];
/// Ends of promises.
pub(crate) const PROMISE_SUFFIXES: &[Affix] = &[
    Affix { text: "作成予定", most: 8 },
    Affix { text: "記入予定", most: 8 },
    Affix { text: "追記予定", most: 8 },
    Affix { text: "追加予定", most: 8 },
    Affix { text: "対応予定", most: 8 },
    Affix { text: "検討予定", most: 8 },
    Affix { text: "更新予定", most: 8 },
    Affix { text: "記載予定", most: 8 },
    Affix { text: "分析予定", most: 8 },
    Affix { text: "作成中", most: 8 },
    Affix { text: "検討中", most: 8 },
    Affix { text: "確認中", most: 8 },
    Affix { text: "調査中", most: 8 },
    Affix { text: "準備中", most: 8 },
    Affix { text: "补充中", most: 8 },
    Affix { text: "待补充", most: 10 },
    Affix { text: "稍后补充", most: 12 },
    Affix { text: "后续补充", most: 12 },
    Affix { text: "예정", most: 10 },
];
/// Beginnings of pointers.
pub(crate) const POINTER_PREFIXES: &[Affix] = &[
    Affix { text: "详见", most: 14 },
    Affix { text: "參見", most: 14 },
    Affix { text: "参见", most: 14 },
    Affix { text: "詳見", most: 14 },
    Affix { text: "请参阅", most: 16 },
    Affix { text: "请见", most: 12 },
    Affix { text: "参阅", most: 14 },
    Affix { text: "见附", most: 6 },
];
/// Ends of pointers.
pub(crate) const POINTER_SUFFIXES: &[Affix] = &[
    Affix { text: "を参照", most: 20 },
    Affix { text: "を参照してください", most: 30 },
    Affix { text: "をご覧ください", most: 26 },
    Affix { text: "를참조하세요", most: 16 },
    Affix { text: "를참고하세요", most: 16 },
];
