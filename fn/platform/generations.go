package platform

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"strings"

	"k8s.io/utils/ptr"

	eksv1 "github.com/upbound/provider-aws/v2/apis/namespaced/eks/v1beta1"

	"github.com/xplatform-dev/function-xplatform/apis/v1alpha1"
	"github.com/xplatform-dev/function-xplatform/fn/plan"
	"github.com/xplatform-dev/function-xplatform/fn/read"
)

// This file is how node groups come and go: what EKS can't change of one, another is
// made for, which takes its place.

// A generation of a node group of the claim: one that EKS makes, by choices it can't
// change afterwards.
type generation struct {
	// of is the group's name in the claim, name its name in EKS, and key that of its
	// node.
	of, name, key string
	// before are the keys of what exists of others, whose place it takes, and size
	// the number of nodes they have.
	before []string
	size   int32
}

// keyNodeGroups begins the keys of node groups.
const keyNodeGroups = "node-group."

// generationAt a place in the order of generations, from 1 on. Names in claims have
// neither dots nor underscores, so what the later ones are called is no other group's
// name.
func generationAt(name string, place int) generation {
	g := generation{of: name, name: name, key: keyNodeGroups + name}
	if place > 1 {
		g.name += "_" + strconv.Itoa(place)
		g.key += "." + strconv.Itoa(place)
	}
	return g
}

// placeOf an object of a group among its generations, 0 of one that is none of its.
func placeOf(name, key string) int {
	part, isPart := strings.CutPrefix(key, keyNodeGroups+name+".")
	first, _, _ := strings.Cut(part, ".")
	place, err := strconv.Atoi(first)
	switch {
	case !isPart && key != keyNodeGroups+name:
		return 0
	case err != nil || place < 2:
		return 1
	default:
		return place
	}
}

// generationOf a group: the one that exists and was made by the claim's choices, or the
// first whose name is free. One on its way out is the group no longer, unless there is
// no other: then it has to be gone before it is made anew.
func generationOf(p *plan.Plan, existing map[string]*plan.Observed, g v1alpha1.NodeGroup) generation {
	// stays of a place tells whether the group that has it does, or is on its way out.
	stays, taken := map[int]bool{}, map[int]bool{}
	parts := map[string]int{}
	for key := range existing {
		place := placeOf(g.Name, key)
		if place == 0 {
			continue
		}
		parts[key] = place
		if key == generationAt(g.Name, place).key {
			stays[place] = !p.Lingers(key)
		}
		taken[place] = taken[place] || p.Lingers(key) || stays[place]
	}
	place := chooseGeneration(existing, g, stays)
	if len(stays) == 0 {
		place = 1 // There is none, be it that parts of one are left.
	}
	for next := 1; place == 0; next++ {
		if !taken[next] {
			place = next
		}
	}
	chosen := generationAt(g.Name, place)
	for _, key := range sortedKeys(parts) {
		if parts[key] != place {
			chosen.before = append(chosen.before, key)
			size, _ := read.NodeGroup.DesiredSize.Of(existing[key])
			chosen.size = max(chosen.size, size)
		}
	}
	return chosen
}

// chooseGeneration of a group among those that stay, or if none does, those on their way
// out: the first that was made by the claim's choices, 0 if none was.
func chooseGeneration(existing map[string]*plan.Observed, g v1alpha1.NodeGroup, stays map[int]bool) int {
	someStay := slices.Contains(slices.Collect(maps.Values(stays)), true)
	for _, place := range slices.Sorted(maps.Keys(stays)) {
		if stays[place] == someStay && isMadeBy(existing[generationAt(g.Name, place).key], groupChoices(g)) {
			return place
		}
	}
	return 0
}

// groupChoices are what EKS can't change of a node group. Which zones are all of them
// may change, and EKS leaves a group where it is.
func groupChoices(g v1alpha1.NodeGroup) map[string]string {
	return map[string]string{
		"instanceTypes": strings.Join(g.InstanceTypes, " "),
		"amiType":       g.AMIType,
		"capacityType":  g.CapacityType,
		"zones":         cmp.Or(strings.Join(slices.Sorted(slices.Values(g.Zones)), " "), "all"),
	}
}

// scalingConfig of a node group: to be kept, which is forProvider's business, or to
// be created with, which is initProvider's. The autoscaler owns the size from the
// first minute on (provider-upjet-aws#756), so nothing of it may be kept, but for as
// long as the bounds are others than the claim's: what is in initProvider never
// changes a group that exists.
//
// All of it is in one of the two, never a part, never in both. Split over them,
// the first size is set back at every poll, because the provider does not
// recognise what it must ignore (filterInitExclusiveDiffs in upjet's
// pkg/controller/external_tfpluginsdk.go); a provider that does (upjet#728)
// would leave out the size, and EKS refuses bounds that it is not within. And a
// size of zero in forProvider gives way to any in initProvider, as what is empty
// is filled from there (GetMergedParameters of the provider's types).
//
// One that takes the place of others begins as large as they are: their pods have to go
// somewhere.
func scalingConfig(o *plan.Observed, g v1alpha1.NodeGroup, before int32) (*eksv1.ScalingConfigParameters, *eksv1.ScalingConfigInitParameters) {
	low, high := floatOf(g.MinSize), floatOf(g.MaxSize)
	size, known := read.NodeGroup.DesiredSize.Of(o)
	// While the size is not known, none is asked for: it would be a guess.
	if !known || hasBounds(g)(o).Ready {
		first, asked := read.NodeGroup.FirstSize.Of(o)
		if !known || !asked { // It may not be made yet.
			first = max(ptr.Deref(g.DesiredSize, g.MinSize), before)
		}
		return nil, &eksv1.ScalingConfigInitParameters{MinSize: low, MaxSize: high, DesiredSize: floatOf(within(g, first))}
	}
	return &eksv1.ScalingConfigParameters{MinSize: low, MaxSize: high, DesiredSize: floatOf(within(g, size))}, nil
}

// within the bounds of a group, a size.
func within(g v1alpha1.NodeGroup, size int32) int32 { return min(max(size, g.MinSize), g.MaxSize) }

// reasonResizing: a node group has other bounds than the claim's.
const reasonResizing = "Resizing"

// hasBounds is a check that a node group has the claim's bounds. Its size is the
// autoscaler's business.
func hasBounds(g v1alpha1.NodeGroup) plan.Check {
	return func(o *plan.Observed) plan.Readiness {
		for _, bound := range []plan.Check{
			read.NodeGroup.MinSize.Is(g.MinSize),
			read.NodeGroup.MaxSize.Is(g.MaxSize),
		} {
			if r := bound(o); !r.Ready {
				r.Reason = reasonResizing
				return r
			}
		}
		return plan.Readiness{Ready: true}
	}
}
