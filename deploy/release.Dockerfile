# The images of a release: the programs of its archives, for each platform. The release workflow builds
# them: the last one, which is static, and `local-speech`, which also recognises speech itself. To build
# an image from the sources, use the Dockerfile at the root.

FROM debian:bookworm-slim AS certificates
RUN apt-get update && apt-get install --yes --no-install-recommends ca-certificates

FROM certificates AS speech
ARG TARGETARCH
RUN apt-get install --yes --no-install-recommends python3-pip
COPY out/${TARGETARCH}/inturn out/${TARGETARCH}/inturn-moonshine /usr/local/bin/
# Compares the package's SHA-256, and tests that it works.
RUN inturn fetch-recogniser --moonshine-dir /usr/local/share/inturn/moonshine

# The speech library needs glibc and libstdc++, which this base has.
FROM debian:bookworm-slim AS local-speech
ARG TARGETARCH
COPY --from=certificates /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY out/${TARGETARCH}/inturn out/${TARGETARCH}/inturn-moonshine /usr/local/bin/
COPY --from=speech /usr/local/share/inturn/moonshine /usr/local/share/inturn/moonshine
USER 65532:65532
ENV INTURN_LISTEN=0.0.0.0:8000 INTURN_LOCAL_SERVICE=true
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=3s CMD ["inturn", "health"]
ENTRYPOINT ["inturn"]

FROM scratch
ARG TARGETARCH
COPY --from=certificates /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY out/${TARGETARCH}/inturn /inturn
# A user that the host does not have; a number, so that Kubernetes sees that it is not root.
USER 65532:65532
# All requests come from outside a container, so `--auth` must be chosen: without it the server does not
# start.
ENV INTURN_LISTEN=0.0.0.0:8000
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=3s CMD ["/inturn", "health"]
ENTRYPOINT ["/inturn"]
