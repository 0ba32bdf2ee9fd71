# The server as its package has it: compiled, with the libraries that it runs with and nothing else.
FROM node:26.10.0-slim AS libraries
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --omit=dev --ignore-scripts --no-update-notifier

FROM node:26.10.0-slim AS build
WORKDIR /app
# First the libraries, with the compiler: they change less often than the code.
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts --no-update-notifier
COPY tsconfig.json tsconfig.build.json ./
COPY scripts/build.ts ./scripts/
COPY src ./src
COPY loadtest ./loadtest
RUN npm run build

# BuildKit takes SOURCE_DATE_EPOCH for the times in the image, so that it can be made again.
FROM node:26.10.0-slim
ARG SOURCE_DATE_EPOCH
WORKDIR /app
ENV NODE_ENV=production
COPY package.json LICENSE ./
COPY bin ./bin
COPY --from=libraries /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist

# Where a spool is kept, if there is one: a volume put there belongs to the user below.
RUN install -d -o node -g node /var/lib/redirector
ENV REDIRECTOR_SPOOL_PATH=/var/lib/redirector/spool.db

# The user node, by number: Kubernetes does not believe of a name that it is not root.
USER 1000:1000
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.REDIRECTOR_ADMIN_PORT ?? 8081}/livez`).then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "bin/redirector.js"]
CMD ["serve"]
