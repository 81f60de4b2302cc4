# A broker in a container: one bundled file, Node, and four small packages with native parts; not root.
#   docker build -t zurau .
#   docker run -e KAFKA_ZOOKEEPER_CONNECT=zoo1:2181/kafka -e KAFKA_BROKER_ID=1 -p 9092:9092 zurau
# docs/docker.md says what may be set, and how.
ARG BASE=node:22-alpine

FROM ${BASE} AS build
WORKDIR /build
COPY . .
RUN sh src/tools/image/assemble.sh /image

FROM ${BASE}
COPY --from=build /image/ /
# The user `node`, by number: platforms that refuse root can see that it is not.
USER 1000:1000
WORKDIR /var/lib/zurau
VOLUME /var/lib/zurau
ENV NODE_ENV=production
EXPOSE 9092 8082
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=5s --timeout=3s --start-period=30s --retries=6 \
  CMD ["node", "/usr/local/lib/zurau/ready.mjs"]
ENTRYPOINT ["zurau"]
CMD ["start", "/etc/zurau/server.properties"]
