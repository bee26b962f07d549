# One static program. git is missing in the image: name the files to check.
FROM docker.io/library/rust:1.95-alpine AS build
RUN apk add --no-cache musl-dev
WORKDIR /source
COPY . .
RUN cargo build --release --locked

FROM scratch
COPY --from=build /source/target/release/aivss-lint /aivss-lint
USER 65534:65534
WORKDIR /work
ENTRYPOINT ["/aivss-lint"]
