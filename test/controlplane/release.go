package controlplane

import (
	"context"
	"fmt"
)

// FunctionTarget is where Crossplane calls the function.
func (cp *ControlPlane) FunctionTarget() string {
	return fmt.Sprintf("localhost:%d", cp.ports.function)
}

// startFunction starts the function of the packages that are installed, or about to be.
func (cp *ControlPlane) startFunction(ctx context.Context) error {
	p := cp.process("function-xplatform", listening(cp.ports.function),
		"--address", fmt.Sprintf("127.0.0.1:%d", cp.ports.function), "--tls-certs-dir", cp.serving(), "--metrics", "")
	p.Name += cp.release
	var err error
	cp.Function, err = cp.run(ctx, p)
	return err
}

// Upgrade to the packages of another checkout and its binaries, as applying its
// manifests does, and wait until they are healthy. Their version is a later one,
// whatever the manifests say. The function of the packages before answers until
// Crossplane calls the other, and then stops.
func (cp *ControlPlane) Upgrade(ctx context.Context, root, bin string) error {
	before := cp.Function
	port, err := freePorts(1)
	if err != nil {
		return err
	}
	cp.Root, cp.Bin, cp.release, cp.ports.function = root, bin, cp.release+"-upgraded", port[0]
	if err := cp.pack(ctx); err != nil {
		return err
	}
	if err := cp.startFunction(ctx); err != nil {
		return err
	}
	if err := cp.install(ctx); err != nil {
		return err
	}
	before.Stop()
	return nil
}
