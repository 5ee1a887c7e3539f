# An image with only the static program, which embeds the page, and the certificates it trusts.
#
#   docker build -t inturn .
#   docker run --rm -p 8000:8000 -e INTURN_AUTH=proxy -e INTURN_TRUSTED_PROXY=172.16.0.0/12 \
#     -v /etc/inturn/key:/run/secrets/key:ro -e ASSEMBLYAI_API_KEY_FILE=/run/secrets/key inturn

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
