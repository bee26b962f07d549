# One static program and nothing else, put here by packaging/image.
FROM scratch
COPY aivss-lint /aivss-lint
USER 65534:65534
WORKDIR /work
ENTRYPOINT ["/aivss-lint"]
