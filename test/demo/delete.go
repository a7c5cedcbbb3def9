package main

import (
	"bytes"
	"context"
	"encoding/gob"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	kerrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/wait"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/xplatform-dev/function-xplatform/test/controlplane"
	"github.com/xplatform-dev/function-xplatform/test/progress"
	"github.com/xplatform-dev/function-xplatform/test/timeline"
)

// pause between the way up and the way down in a picture of both, however long
// it was.
const pause = 2 * time.Second

// A record of a platform's way up, for a picture of its way down.
type record struct {
	// Claim is its source, as kubectl takes it.
	Claim      []string
	Objects    []timeline.Object
	Begin, End time.Time
}

func (f *Flags) recordPath() string { return filepath.Join(f.Dir, "record.gob") }

func (r record) save(f *Flags) error {
	b := &bytes.Buffer{}
	if err := gob.NewEncoder(b).Encode(r); err != nil {
		return fmt.Errorf("cannot keep the record: %w", err)
	}
	return os.WriteFile(f.recordPath(), b.Bytes(), 0o600)
}

// Delete takes the platform down that Up has brought up.
type Delete struct {
	Timeout time.Duration `default:"15m" help:"How long that may take."`
}

// Run until nothing is left of the platform.
func (d *Delete) Run(ctx context.Context, f *Flags) error {
	b, err := os.ReadFile(f.recordPath())
	if err != nil {
		return errors.New("there is no platform to delete: bring one up by make demo")
	}
	up := record{}
	if err := gob.NewDecoder(bytes.NewReader(b)).Decode(&up); err != nil {
		return fmt.Errorf("cannot read the record: %w", err)
	}
	o, err := f.options()
	if err != nil {
		return err
	}
	cp, err := controlplane.Connect(o) //nolint:contextcheck // It asks the go command where a file is.
	if err != nil {
		return err
	}
	recorder, err := timeline.Record(ctx, cp.Config, cp.Client.RESTMapper(), cp.Kinds)
	if err != nil {
		return err
	}
	claim, err := (&Up{Claim: up.Claim[1]}).claim(ctx, cp)
	if err != nil {
		return err
	}
	if err := cp.Client.Get(ctx, client.ObjectKeyFromObject(claim), claim); err != nil {
		return err
	}
	platform := composite(claim)
	sayf("$ kubectl delete --wait=false %s\n", strings.Join(up.Claim, " "))
	begin := time.Now()
	if err := kubectl(ctx, cp, os.Stdout, append([]string{"delete", "--wait=false"}, up.Claim...)...); err != nil {
		return err
	}
	if err := d.watch(ctx, cp, claim); err != nil {
		return err
	}
	end := time.Now()
	both := merge(up, recorder.Objects(platform), begin)
	sayf("\nGone: %d resources in %s\n", len(both), since(begin))
	page, err := f.draw(claim.GetName(), timeline.Picture{
		Subtitle: fmt.Sprintf("%d resources, ready after %s, gone after %s", len(both), up.End.Sub(up.Begin).Round(time.Second), end.Sub(begin).Round(time.Second)),
		Objects:  both,
		Path:     timeline.CriticalPath(both),
		Start:    up.Begin,
		End:      up.End.Add(pause + end.Sub(begin)),
	})
	if err != nil {
		return err
	}
	sayf("\nThe way up and down:  %s\n", page)
	return nil
}

// watch the platform until it is gone. Its composite tells how it is doing: of a
// claim that is being deleted Crossplane updates next to nothing.
func (d *Delete) watch(ctx context.Context, cp *controlplane.ControlPlane, claim *unstructured.Unstructured) error {
	xr := &unstructured.Unstructured{}
	xr.SetAPIVersion(claim.GetAPIVersion())
	xr.SetKind("XPlatform")
	name, t := composite(claim), newTeller(os.Stdout)
	err := wait.PollUntilContextTimeout(ctx, 100*time.Millisecond, d.Timeout, true, func(ctx context.Context) (bool, error) {
		err := cp.Client.Get(ctx, client.ObjectKey{Name: name}, xr)
		if err == nil {
			p, err := progress.Read(xr)
			if err != nil {
				return false, err
			}
			t.down(p)
		}
		if !kerrors.IsNotFound(err) {
			return false, err
		}
		err = cp.Client.Get(ctx, client.ObjectKeyFromObject(claim), claim)
		return kerrors.IsNotFound(err), client.IgnoreNotFound(err)
	})
	if err != nil {
		return fmt.Errorf("the platform did not go: %w", err)
	}
	return nil
}

// merge the way up of objects and their way down, which follows it at once.
func merge(up record, down []timeline.Object, begin time.Time) []timeline.Object {
	between := begin.Sub(up.End.Add(pause))
	var both []timeline.Object
	for _, o := range down {
		for _, before := range up.Objects {
			if before.UID == o.UID {
				o.Created, o.Ready = before.Created, before.Ready
			}
		}
		o.Deleting, o.Gone = o.Deleting.Add(-between), o.Gone.Add(-between)
		both = append(both, o)
	}
	return both
}
