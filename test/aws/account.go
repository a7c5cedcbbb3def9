package aws

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"reflect"
	"slices"
	"strings"
	"sync"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/xplatform-dev/function-xplatform/test/modules"
)

// An Account is what exists at AWS, which remembers: unlike Ready, which makes of
// every wish a fact, it keeps what it was once asked for, refuses what AWS
// refuses, does some things later, and others by itself. It is asked by Poll.
type Account struct {
	world  *World
	things map[string]*Thing
	// snapshots that databases have left, by name.
	snapshots map[string]bool
	made      int
	// images is how many AMIs were published since the first.
	images int
	// refused is what AWS answers to whoever makes or changes a thing, by kind and name.
	refused map[string]string
}

// Refuse to make a thing, and any change of it, in AWS's words, or no longer if they are "".
func (a *Account) Refuse(kind, name, words string) { a.refused[kind+"/"+name] = words }

// Publish AMIs that are newer than those there are.
func (a *Account) Publish() { a.images++ }

// firstImage is the day of the first AMIs.
const firstImage = 20260801

// A Thing is what AWS has of an object.
type Thing struct {
	Kind schema.GroupKind
	// Name its provider knows it by, and Serial, which tells it from another of
	// the same name.
	Name   string
	Serial int
	// Version counts its changes, from 1 on.
	Version int
	// Has are its attributes, in the shape of spec.forProvider, without references.
	Has map[string]any
	// Later is what it will have after its next maintenance window.
	Later map[string]any
}

// NewAccount returns an account in which nothing exists.
func (w *World) NewAccount() *Account {
	return &Account{world: w, things: map[string]*Thing{}, snapshots: map[string]bool{}, refused: map[string]string{}}
}

// Fork is the account as it is now, for another test to change.
func (a *Account) Fork() *Account {
	f := &Account{world: a.world, things: make(map[string]*Thing, len(a.things)), snapshots: maps.Clone(a.snapshots), refused: maps.Clone(a.refused), images: a.images, made: a.made}
	for id, t := range a.things {
		c := *t
		c.Has, c.Later = runtime.DeepCopyJSON(t.Has), runtime.DeepCopyJSON(t.Later)
		f.things[id] = &c
	}
	return f
}

// Things of a kind, by the name their provider knows them by, in order.
func (a *Account) Things(kind string) []*Thing {
	var ts []*Thing
	for _, id := range slices.Sorted(maps.Keys(a.things)) {
		if a.things[id].Kind.Kind == kind {
			ts = append(ts, a.things[id])
		}
	}
	return ts
}

// Versions of all things, by what they are: which of its lives each leads, and how often
// it was changed.
func (a *Account) Versions() map[string]string {
	versions := make(map[string]string, len(a.things))
	for id, t := range a.things {
		versions[id] = fmt.Sprintf("%d.%d", t.Serial, t.Version)
	}
	return versions
}

// Of an object, what AWS has; nil if it has nothing.
func (a *Account) Of(o *unstructured.Unstructured) *Thing { return a.things[identity(o)] }

// Window is the maintenance window of everything: what AWS has put off, it does
// now. It tells whether there was anything.
func (a *Account) Window() bool {
	done := false
	for _, t := range a.things {
		done = done || len(t.Later) > 0
		maps.Copy(t.Has, t.Later)
		t.Later = nil
		if r, ok := rulesOf[t.Kind.Kind]; ok && r.computed != nil {
			r.computed(t)
		}
	}
	return done
}

// image is the newest AMI of a version of Kubernetes.
func (a *Account) image(version any) string {
	return fmt.Sprintf("1.%d.0-%d", minor(version), firstImage+a.images)
}

// identity of an object, by which the account knows what was made for it.
func identity(o *unstructured.Unstructured) string {
	return o.GroupVersionKind().GroupKind().String() + "/" + o.GetNamespace() + "/" + o.GetName()
}

// computed tells whether AWS has an opinion of a field that is left out, by the
// provider's own schema. What it has none of is taken away.
func computed(resourceType, attribute string) (bool, error) {
	all, err := terraform()
	if err != nil {
		return false, err
	}
	b := all[resourceType].Block
	if attr, ok := b.Attributes[attribute]; ok {
		return attr.Computed, nil
	}
	// Of a block nothing says so. Those that there can only be one of are kept:
	// AWS has one whatever is asked for.
	return b.Blocks[attribute].Max == 1, nil
}

type resourceSchema struct {
	Block struct {
		Attributes map[string]struct {
			Computed bool `json:"computed"`
		} `json:"attributes"`
		Blocks map[string]struct {
			Max int `json:"max_items"`
		} `json:"block_types"`
	} `json:"block"`
}

// terraform's schema of every resource, as the provider was generated from.
//
//nolint:gochecknoglobals // A cache of a file of 19 MB.
var terraform = sync.OnceValues(func() (map[string]resourceSchema, error) {
	path, err := modules.Path("github.com/upbound/provider-aws/v2", "config/schema.json")
	if err != nil {
		return nil, fmt.Errorf("cannot find Terraform's schema: %w", err)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("cannot read Terraform's schema: %w", err)
	}
	doc := struct {
		Providers map[string]struct {
			Resources map[string]resourceSchema `json:"resource_schemas"`
		} `json:"provider_schemas"`
	}{}
	if err := json.Unmarshal(b, &doc); err != nil {
		return nil, fmt.Errorf("cannot parse Terraform's schema: %w", err)
	}
	for _, p := range doc.Providers {
		return p.Resources, nil
	}
	return nil, fmt.Errorf("%s describes no provider", path)
})

// attributesOf a type of parameters: the names Terraform has for its fields, by
// ours.
func attributesOf(parameters reflect.Type) map[string]string {
	if known, ok := attributes.Load(parameters); ok {
		return known.(map[string]string) //nolint:forcetypeassert // Nothing else is stored.
	}
	names := map[string]string{}
	for f := range parameters.Fields() {
		ours, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		names[ours], _, _ = strings.Cut(f.Tag.Get("tf"), ",")
	}
	attributes.Store(parameters, names)
	return names
}

//nolint:gochecknoglobals // A cache.
var attributes sync.Map
