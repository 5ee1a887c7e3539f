# The image of a release: the static programs of its archives, for each platform. The release workflow
# builds it. To build an image from the sources, use the Dockerfile at the root.

FROM debian:bookworm-slim AS certificates
RUN apt-get update && apt-get install --yes --no-install-recommends ca-certificates

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
