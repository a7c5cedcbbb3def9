// Command function-xplatform is a Crossplane composition function that makes
// an AWS base layer, an EKS cluster on it and the controllers inside it from
// one Platform claim, and keeps the order between them.
package main

import (
	"fmt"
	"os"

	"github.com/alecthomas/kong"

	sdk "github.com/crossplane/function-sdk-go"

	"github.com/xplatform-dev/function-xplatform/fn/function"
)

// maxMessage a request may have, in MiB. The observed objects of a platform
// with a hundred queues are larger than gRPC's 4 MiB.
const maxMessage = 64

// CLI of the function. Every flag is one of function-sdk-go's conventions, so
// Crossplane's package manager and "crossplane composition render" know them.
type CLI struct {
	Debug       bool   `help:"Emit debug logs in addition to info logs."                                                          short:"d"`
	Network     string `default:"tcp"                                                                                             help:"Network on which to listen for gRPC connections."`
	Address     string `default:":9443"                                                                                           help:"Address at which to listen for gRPC connections."`
	TLSCertsDir string `env:"TLS_SERVER_CERTS_DIR"                                                                                help:"Directory containing server certs (tls.key, tls.crt) and the CA used to verify client certificates (ca.crt)."`
	Insecure    bool   `help:"Run without mTLS credentials. If you supply this flag --tls-certs-dir will be ignored."`
	Metrics     string `default:":8080"                                                                                           help:"Address at which to serve Prometheus metrics; empty serves none."`
}

// Run the function until it is told to stop.
func (c *CLI) Run() error {
	log, err := sdk.NewLogger(c.Debug)
	if err != nil {
		return fmt.Errorf("cannot make a logger: %w", err)
	}
	log.Debug("Serving", "address", c.Address)
	return sdk.Serve(function.New(),
		sdk.Listen(c.Network, c.Address),
		sdk.MTLSCertificates(c.TLSCertsDir),
		sdk.Insecure(c.Insecure),
		sdk.MaxRecvMessageSize(maxMessage*1024*1024),
		sdk.WithMetricsServer(c.Metrics),
	)
}

func main() {
	ctx := kong.Parse(&CLI{}, kong.Name("function-xplatform"), kong.Description("A Crossplane composition function that makes an EKS platform from one claim."))
	if err := ctx.Run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
