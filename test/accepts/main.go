// Command accepts tells which values for a chart a claim may have. It takes the name of
// the controller in spec.controllers, and a list of values on its standard input, and
// answers with a list of what the function says against each: "" if nothing. So modules
// that can't be built with the function can ask it.
package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"

	"google.golang.org/protobuf/types/known/structpb"

	"github.com/xplatform-dev/function-xplatform/fn/plan"
	"github.com/xplatform-dev/function-xplatform/fn/platform"
	"github.com/xplatform-dev/function-xplatform/input/v1beta1"
)

func main() {
	if err := run(os.Args[1:], os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "accepts:", err)
		os.Exit(1)
	}
}

func run(args []string, in io.Reader, out io.Writer) error {
	if len(args) != 1 {
		return fmt.Errorf("want the name of a controller, got %q", args)
	}
	var all []map[string]any
	if err := json.NewDecoder(in).Decode(&all); err != nil {
		return fmt.Errorf("cannot read a list of values: %w", err)
	}
	if err := refusal(args[0], map[string]any{}); err != nil {
		return fmt.Errorf("a claim without values is refused: %w", err)
	}
	says := make([]string, len(all))
	for i, values := range all {
		if err := refusal(args[0], values); err != nil {
			says[i] = err.Error()
		}
	}
	return json.NewEncoder(out).Encode(says)
}

// refusal of a claim with values for a controller's chart, by no policy.
func refusal(controller string, values map[string]any) error {
	claim, err := structpb.NewStruct(map[string]any{
		"metadata": map[string]any{"name": "dev", "uid": "00000000-0000-0000-0000-000000000000"},
		"spec": map[string]any{
			"region":      "eu-central-1",
			"network":     map[string]any{"cidr": "10.0.0.0/16"},
			"cluster":     map[string]any{"version": "1.35"},
			"dns":         map[string]any{"domain": "dev.example.com"},
			"controllers": map[string]any{controller: map[string]any{"enabled": true, "values": values}},
		},
	})
	if err != nil {
		return err
	}
	xr, err := platform.ReadComposite(claim)
	if err != nil {
		return err
	}
	_, err = platform.Compose(plan.New(plan.Options{Name: xr.ObjectName}, nil), xr, v1beta1.Input{})
	return err
}
