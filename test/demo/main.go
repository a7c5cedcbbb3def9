// Command demo brings up a control plane on this machine, with KWOK in the place
// of AWS, applies a claim to it, and shows how it becomes a platform.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"syscall"

	"github.com/alecthomas/kong"

	"github.com/xplatform-dev/function-xplatform/test/controlplane"
)

// Flags of all commands.
type Flags struct {
	Dir   string  `default:".cache/demo"     help:"State folder of the control plane."`
	Root  string  `default:"."               help:"Root of the checkout."`
	Speed float64 `default:"30"              help:"How many times faster than AWS."`
	Out   string  `default:".cache/timeline" help:"Folder to draw timelines in."`
}

// CLI of the command.
type CLI struct {
	Flags

	Up     Up     `cmd:"" help:"Start a control plane, and apply a claim."`
	Delete Delete `cmd:"" help:"Delete the claim, and show how the platform goes."`
	Down   Down   `cmd:"" help:"Stop the control plane, and leave nothing behind."`
	Serve  Serve  `cmd:"" help:"Run a control plane until told to stop." hidden:""`
}

// options of the control plane.
func (f *Flags) options() (controlplane.Options, error) {
	root, err := filepath.Abs(f.Root)
	if err != nil {
		return controlplane.Options{}, err
	}
	dir, err := filepath.Abs(f.Dir)
	if err != nil {
		return controlplane.Options{}, err
	}
	return controlplane.Options{
		Dir:           dir,
		Root:          root,
		Bin:           filepath.Join(root, ".cache", "bin"),
		Architectures: []string{runtime.GOARCH},
		Speed:         f.Speed,
		Helm:          true,
		Progress:      os.Stdout,
	}, nil
}

// Serve runs a control plane. Up starts it in the background.
type Serve struct{}

// Run until told to stop.
func (*Serve) Run(ctx context.Context, f *Flags) error {
	o, err := f.options()
	if err != nil {
		return err
	}
	if err := controlplane.Hold(o.Dir); err != nil {
		return err
	}
	cp, err := controlplane.Start(ctx, o)
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(o.Dir, ready), nil, 0o600); err != nil {
		return errors.Join(err, cp.Stop())
	}
	<-ctx.Done()
	return cp.Stop()
}

// Down stops a control plane.
type Down struct{}

// Run stops what Serve runs, and removes its state.
func (*Down) Run(f *Flags) error {
	if err := controlplane.Down(f.Dir); err != nil {
		return err
	}
	return os.RemoveAll(f.Dir)
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	c := &CLI{}
	k := kong.Parse(c, kong.Description("Show how a claim becomes a platform on a real control plane."))
	k.BindTo(ctx, (*context.Context)(nil))
	if err := k.Run(&c.Flags); err != nil {
		fmt.Fprintln(os.Stderr, "demo:", err)
		os.Exit(1) //nolint:gocritic // There is nothing left to stop.
	}
}
