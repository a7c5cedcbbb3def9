// Command render shows how a claim becomes a platform, without a cluster or an
// AWS account. It runs the function under the real Crossplane, by "crossplane
// composition render", again and again: after each stage it feeds back what
// would be observed if everything asked for had become ready.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"
)

// CLI of the command.
type CLI struct {
	Claim       string `arg:""                                 help:"Claim to render: a YAML file, or a folder with a kustomization."`
	Crossplane  string `default:".cache/bin/crossplane"        help:"The crossplane CLI."`
	Core        string `default:".cache/bin/crossplane-core"   help:"The binary of Crossplane itself."`
	Kubectl     string `default:".cache/bin/kubectl"           help:"Kubectl, which builds kustomizations."`
	Function    string `default:".cache/bin/function-xplatform" help:"The function's binary."`
	Definition  string `default:"compositions/definition.yaml"  help:"The XRD that defines the claim."`
	Composition string `default:"compositions/composition.yaml" help:"The Composition to render with."`
	Functions   string `default:"examples/functions.yaml"       help:"The functions the Composition refers to."`
	Output      string `default:".cache/render"                 help:"Folder to write each stage's YAML to."`
}

// Run renders the claim and prints its stages.
func (c *CLI) Run() error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()

	fn, err := startFunction(ctx, c.Function)
	if err != nil {
		return err
	}
	defer fn.stop()

	r, err := newRenderer(ctx, c, fn.address)
	if err != nil {
		return err
	}
	return r.stages(ctx, os.Stdout)
}

func main() {
	ctx := kong.Parse(&CLI{}, kong.Description("Show how a claim becomes a platform, stage by stage."))
	if err := ctx.Run(); err != nil {
		fmt.Fprintln(os.Stderr, "render:", err)
		os.Exit(1)
	}
}
