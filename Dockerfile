# An image with only the static program, which embeds the page, and the certificates it trusts.
#
#   docker build -t inturn .
#   docker run --rm -p 8000:8000 -e INTURN_AUTH=proxy -e INTURN_TRUSTED_PROXY=172.16.0.0/12 \
#     -v /etc/inturn/key:/run/secrets/key:ro -e ASSEMBLYAI_API_KEY_FILE=/run/secrets/key inturn
#
# An image that recognises speech itself, without a key, so that no audio leaves the house:
#
#   docker build --target local-speech -t inturn-local .
#   docker run --rm -p 8000:8000 -e INTURN_AUTH=proxy -e INTURN_TRUSTED_PROXY=172.16.0.0/12 inturn-local

FROM rust:1.95-bookworm AS build
WORKDIR /src
ENV CARGO_TERM_PROGRESS_WHEN=never CARGO_INCREMENTAL=0
COPY . .
# The registry and the target folder are cached between builds.
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/src/target \
    cargo xtask dist \
    && mkdir -p /out \
    && tar --extract --gzip --strip-components=1 --directory /out --file target/dist/inturn-*.tar.gz

FROM build AS speech
RUN apt-get update && apt-get install --yes --no-install-recommends python3-pip
# Compares the package's SHA-256, and tests that it works.
RUN /out/inturn fetch-recogniser --moonshine-dir /usr/local/share/inturn/moonshine

# The speech library needs glibc and libstdc++, which this base has.
FROM debian:bookworm-slim AS local-speech
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=build /out/inturn /out/inturn-moonshine /usr/local/bin/
COPY --from=speech /usr/local/share/inturn/moonshine /usr/local/share/inturn/moonshine
USER 65532:65532
ENV INTURN_LISTEN=0.0.0.0:8000 INTURN_LOCAL_SERVICE=true
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=3s CMD ["inturn", "health"]
ENTRYPOINT ["inturn"]

FROM scratch
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=build /out/inturn /inturn
# Not a user of the host. Numeric, so that Kubernetes can verify that it is not root.
USER 65532:65532
# All requests come from outside the container, so INTURN_AUTH must be set, or the server does not start.
ENV INTURN_LISTEN=0.0.0.0:8000
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=3s CMD ["/inturn", "health"]
ENTRYPOINT ["/inturn"]
