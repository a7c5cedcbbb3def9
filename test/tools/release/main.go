// Command release publishes what a release consists of, or rehearses it: the
// packages, for all architectures, in a registry; and beside them, in a folder, their
// digests and checksums, what each binary is built of, and what is new. It also looks
// for what is known to be wrong with that.
package main

import (
	"fmt"
	"os"

	"github.com/alecthomas/kong"
)

// CLI of the command.
type CLI struct {
	Publish Publish `cmd:"" help:"Push the packages, read them back, and write what belongs to them."`
	DryRun  DryRun  `cmd:"" help:"Do all of it with a registry on the loopback interface."`

	Vulnerabilities Vulnerabilities `cmd:"" help:"Look for vulnerabilities in what was built."`
}

func main() {
	ctx := kong.Parse(&CLI{}, kong.Description("Publish a release."))
	if err := ctx.Run(); err != nil {
		fmt.Fprintln(os.Stderr, "release:", err)
		os.Exit(1)
	}
}
