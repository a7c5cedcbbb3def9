// Command function-xplatform is a Crossplane composition function that makes
// an AWS base layer, an EKS cluster on it and the controllers inside it from
// one Platform claim, and keeps the order between them.
package main

import (
	"fmt"
	"os"

	"github.com/alecthomas/kong"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/crossplane/function-sdk-go"
	asv1 "github.com/upbound/provider-aws/v2/apis/namespaced/autoscaling/v1beta1"
	cwlv1 "github.com/upbound/provider-aws/v2/apis/namespaced/cloudwatchlogs/v1beta1"
	ec2 "github.com/upbound/provider-aws/v2/apis/namespaced/ec2/v1beta1"
	eksv1 "github.com/upbound/provider-aws/v2/apis/namespaced/eks/v1beta1"
	iamv1 "github.com/upbound/provider-aws/v2/apis/namespaced/iam/v1beta1"
	kmsv1 "github.com/upbound/provider-aws/v2/apis/namespaced/kms/v1beta1"
	rdsv1 "github.com/upbound/provider-aws/v2/apis/namespaced/rds/v1beta1"
	route53v1 "github.com/upbound/provider-aws/v2/apis/namespaced/route53/v1beta1"
	sqsv1 "github.com/upbound/provider-aws/v2/apis/namespaced/sqs/v1beta1"
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
	log, err := function.NewLogger(c.Debug)
	if err != nil {
		return fmt.Errorf("cannot make a logger: %w", err)
	}
	f, err := NewFunction()
	if err != nil {
		return err
	}
	log.Debug("Serving", "address", c.Address)
	return function.Serve(f,
		function.Listen(c.Network, c.Address),
		function.MTLSCertificates(c.TLSCertsDir),
		function.Insecure(c.Insecure),
		function.MaxRecvMessageSize(maxMessage*1024*1024),
		function.WithMetricsServer(c.Metrics),
	)
}

// newScheme knows every type the function composes.
func newScheme() (*runtime.Scheme, error) {
	s := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{
		asv1.AddToScheme, cwlv1.AddToScheme, ec2.AddToScheme, eksv1.AddToScheme, iamv1.AddToScheme,
		kmsv1.AddToScheme, rdsv1.AddToScheme, route53v1.AddToScheme, sqsv1.AddToScheme,
	} {
		if err := add(s); err != nil {
			return nil, fmt.Errorf("cannot register types: %w", err)
		}
	}
	return s, nil
}

func main() {
	ctx := kong.Parse(&CLI{}, kong.Name("function-xplatform"), kong.Description("A Crossplane composition function that makes an EKS platform from one claim."))
	if err := ctx.Run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
