# The function's runtime image: one static binary, run by nobody. The build
# stage runs on the builder's own architecture and cross-compiles.
FROM --platform=$BUILDPLATFORM golang:1.26 AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
ARG TARGETOS
ARG TARGETARCH
RUN CGO_ENABLED=0 GOOS=$TARGETOS GOARCH=$TARGETARCH go build -trimpath -ldflags='-s -w' -o /function-xplatform ./fn

FROM gcr.io/distroless/static-debian12:nonroot
COPY --from=build /function-xplatform /function-xplatform
EXPOSE 9443 8080
USER nonroot:nonroot
ENTRYPOINT ["/function-xplatform"]
