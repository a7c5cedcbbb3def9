// Package timeline records when the objects of platforms come and go, and shows
// it: what took how long, and what everything else waited for.
package timeline

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/dynamic/dynamicinformer"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/cache"

	"github.com/xplatform-dev/function-xplatform/fn/plan"
	"github.com/xplatform-dev/function-xplatform/test/aws"
	"github.com/xplatform-dev/function-xplatform/test/controlplane"
)

// An Object of a platform, and when something first happened to it. What has not
// happened has no time.
type Object struct {
	// Platform is the name of the composite, and Key the object's in it.
	Platform, Key string
	Kind          schema.GroupVersionKind
	Name          string
	UID           types.UID
	// Needs are the keys of what the object was told to depend on.
	Needs []string
	// Created, Ready, Deleting (asked to go) and Gone.
	Created, Ready, Deleting, Gone time.Time
	// Revisions of the API server at which that happened. Unlike times they tell
	// the order of what happened to two objects: watches of two kinds are not in
	// step with each other.
	Revisions Revisions
	// Changes is how often its spec was changed.
	Changes int64
}

// Revisions of the API server, 0 for what has not happened, and for an object
// that went while nobody watched.
type Revisions struct{ Created, Ready, Deleting, Gone uint64 }

// A Recorder records what happens to the objects of platforms. It is safe for
// concurrent use.
type Recorder struct {
	mu      sync.Mutex
	objects map[types.UID]*Object
}

// Record objects of some kinds until the context ends. It returns once it knows
// what there is, and survives restarts of the API server.
func Record(ctx context.Context, config *rest.Config, mapper meta.RESTMapper, kinds []schema.GroupVersionKind) (*Recorder, error) {
	client, err := dynamic.NewForConfig(config)
	if err != nil {
		return nil, fmt.Errorf("cannot make a client: %w", err)
	}
	r := &Recorder{objects: map[types.UID]*Object{}}
	factory := dynamicinformer.NewFilteredDynamicSharedInformerFactory(client, 0, metav1.NamespaceAll, func(o *metav1.ListOptions) {
		o.LabelSelector = plan.LabelPlatform
	})
	for _, gvk := range kinds {
		m, err := mapper.RESTMapping(gvk.GroupKind(), gvk.Version)
		if err != nil {
			return nil, fmt.Errorf("cannot watch %s: %w", gvk, err)
		}
		_, err = factory.ForResource(m.Resource).Informer().AddEventHandler(cache.ResourceEventHandlerFuncs{
			AddFunc:    func(o any) { r.observe(o) },
			UpdateFunc: func(_, o any) { r.observe(o) },
			DeleteFunc: func(o any) { r.gone(o) },
		})
		if err != nil {
			return nil, fmt.Errorf("cannot watch %s: %w", gvk, err)
		}
	}
	factory.Start(ctx.Done())
	for gvr, synced := range factory.WaitForCacheSync(ctx.Done()) {
		if !synced {
			return nil, fmt.Errorf("cannot list %s", gvr)
		}
	}
	return r, nil
}

// Objects of a platform's graph, by when they were created. An empty name means
// all platforms.
func (r *Recorder) Objects(platform string) []Object {
	return r.list(platform, func(o *Object) bool { return o.Kind.Group != aws.GroupProtection })
}

// Guards of a platform, by when they were created. They are no part of the graph.
func (r *Recorder) Guards(platform string) []Object {
	return r.list(platform, func(o *Object) bool { return o.Kind.Group == aws.GroupProtection })
}

func (r *Recorder) list(platform string, match func(o *Object) bool) []Object {
	r.mu.Lock()
	defer r.mu.Unlock()
	var all []Object
	for _, o := range r.objects {
		if (platform == "" || o.Platform == platform) && match(o) {
			all = append(all, *o)
		}
	}
	slices.SortFunc(all, func(a, b Object) int {
		if c := a.Created.Compare(b.Created); c != 0 {
			return c
		}
		return strings.Compare(a.Key, b.Key)
	})
	return all
}

func (r *Recorder) observe(o any) {
	u, ok := o.(*unstructured.Unstructured)
	if !ok {
		return
	}
	now, revision := time.Now(), revision(u)
	r.mu.Lock()
	defer r.mu.Unlock()
	e := r.objects[u.GetUID()]
	if e == nil {
		e = &Object{
			Platform: u.GetLabels()[plan.LabelPlatform],
			Key:      u.GetAnnotations()[aws.AnnotationKey],
			Kind:     u.GroupVersionKind(),
			Name:     u.GetName(),
			UID:      u.GetUID(),
			Created:  now,
		}
		e.Revisions.Created = revision
		r.objects[e.UID] = e
	}
	e.Needs = plan.SplitNeeds(u.GetAnnotations()[plan.AnnotationNeeds])
	e.Changes = u.GetGeneration() - 1
	if e.Ready.IsZero() && ready(u) {
		e.Ready, e.Revisions.Ready = now, revision
	}
	if e.Deleting.IsZero() && u.GetDeletionTimestamp() != nil {
		e.Deleting, e.Revisions.Deleting = now, revision
	}
}

func (r *Recorder) gone(o any) {
	d, unwatched := o.(cache.DeletedFinalStateUnknown)
	if unwatched {
		o = d.Obj
	}
	u, ok := o.(*unstructured.Unstructured)
	if !ok {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if e := r.objects[u.GetUID()]; e != nil {
		e.Gone = time.Now()
		if !unwatched {
			e.Revisions.Gone = revision(u)
		}
		if e.Deleting.IsZero() {
			e.Deleting, e.Revisions.Deleting = e.Gone, e.Revisions.Gone
		}
	}
}

// revision of the API server that made an object what it is.
func revision(o *unstructured.Unstructured) uint64 {
	// They are comparable numbers: https://kep.k8s.io/5504
	n, err := strconv.ParseUint(o.GetResourceVersion(), 10, 64)
	if err != nil {
		return 0
	}
	return n
}

// ready tells whether an object is. One that reports nothing is once it exists.
func ready(o *unstructured.Unstructured) bool {
	if _, reports, _ := unstructured.NestedSlice(o.Object, "status", "conditions"); !reports {
		return strings.HasSuffix(o.GetKind(), "ProviderConfig")
	}
	return controlplane.Condition(o, "Ready").Status == "True"
}
