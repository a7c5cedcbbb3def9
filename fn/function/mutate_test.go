package function_test

import (
	"math"
	"strings"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/structpb"

	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"
	"github.com/xplatform-dev/function-xplatform/test/world"
)

// A script is what a fuzzer decides: each choice is a byte of it. At its end all
// choices are the first one.
type script struct{ bytes []byte }

func (s *script) ended() bool { return len(s.bytes) == 0 }

// choose one of n, of which there is at least one.
func (s *script) choose(n int) int {
	if s.ended() {
		return 0
	}
	b := int(s.bytes[0])
	s.bytes = s.bytes[1:]
	return b % n
}

// chooseKey of a map that isn't empty. There may be more keys than a byte can tell.
func chooseKey[V any](s *script, m map[string]V) string {
	keys := world.SortedKeys(m)
	return keys[(s.choose(256)+256*s.choose(2))%len(keys)]
}

// hostile values, most of them of the wrong type wherever they are put.
func hostile() []*structpb.Value {
	list := func(vs ...*structpb.Value) *structpb.Value {
		return structpb.NewListValue(&structpb.ListValue{Values: vs})
	}
	vs := []*structpb.Value{
		nil,
		{},
		structpb.NewNullValue(),
		structpb.NewBoolValue(true),
		structpb.NewBoolValue(false),
		structpb.NewStructValue(nil),
		structpb.NewStructValue(&structpb.Struct{}),
		structpb.NewStructValue(&structpb.Struct{Fields: map[string]*structpb.Value{"": structpb.NewNullValue(), "a": nil}}),
		structpb.NewListValue(nil),
		list(),
		list(structpb.NewNullValue(), structpb.NewNumberValue(-1), structpb.NewStringValue("a"), list(), nil),
	}
	for _, n := range []float64{0, -1, 1.5, 1e6, math.MaxInt32 + 1, math.MaxInt64, -math.MaxFloat64, math.Inf(1), math.NaN()} {
		vs = append(vs, structpb.NewNumberValue(n))
	}
	for _, text := range []string{
		"", "a", "A,b;c", ";", ",,;,", "guard", "cluster", "drain", "../..", "\x00", "\n", "é\u202e", "{{ .Values }}", "%s%d%!", "true", "False", "1000h", "-1", "999999999999999999999999",
		"1.99", "v1", "arn:aws:iam::123456789012:role/x", "arn:", ":::::", "10.0.0.0/33", "::/0", "eu-central-1z", "2026-01-02T00:00:00Z", strings.Repeat("long", 20_000),
	} {
		vs = append(vs, structpb.NewStringValue(text))
	}
	return vs
}

// mutate a request, as long as the script says something.
func (s *script) mutate(req *fnv1.RunFunctionRequest) {
	for !s.ended() {
		switch s.choose(8) {
		case 0:
			s.mutateRequest(req)
		case 1, 2:
			s.mutateStruct(req.GetObserved().GetComposite().GetResource())
		case 3, 4, 5:
			s.mutateResources(req.GetObserved().GetResources())
		case 6:
			for _, name := range world.SortedKeys(req.GetRequiredResources()) {
				if items := req.GetRequiredResources()[name].GetItems(); len(items) > 0 && s.choose(3) == 0 {
					s.mutateStruct(items[s.choose(len(items))].GetResource())
				}
			}
		case 7:
			s.mutateStruct(req.GetInput())
		}
	}
}

// mutateRequest in what its schema admits, and Crossplane would never send.
func (s *script) mutateRequest(req *fnv1.RunFunctionRequest) {
	switch s.choose(12) {
	case 0:
		req.Meta = nil
	case 1:
		req.Input = nil
	case 2:
		req.Observed = nil
	case 3:
		req.Observed = &fnv1.State{Resources: req.GetObserved().GetResources()}
	case 4:
		if c := req.GetObserved().GetComposite(); c != nil {
			c.Resource = nil
		}
	case 5:
		req.RequiredResources = nil
	case 6:
		if len(req.GetRequiredResources()) > 0 {
			delete(req.GetRequiredResources(), chooseKey(s, req.GetRequiredResources()))
		}
	case 7:
		if len(req.GetRequiredResources()) > 0 {
			req.RequiredResources[chooseKey(s, req.GetRequiredResources())] = []*fnv1.Resources{nil, {}, {Items: []*fnv1.Resource{nil, {}}}}[s.choose(3)]
		}
	case 8:
		req.Context = &structpb.Struct{Fields: map[string]*structpb.Value{"apiextensions.crossplane.io/environment": hostile()[s.choose(len(hostile()))]}}
	case 9:
		req.Desired = &fnv1.State{Resources: map[string]*fnv1.Resource{"theirs": {}, "nothing": nil}}
	case 10:
		if rs := req.GetObserved().GetResources(); len(rs) > 0 {
			key := chooseKey(s, rs)
			req.Desired = &fnv1.State{Resources: map[string]*fnv1.Resource{key: rs[key]}}
		}
	case 11:
		req.Desired = &fnv1.State{Composite: req.GetObserved().GetComposite()}
	}
}

// mutateResources: one of them, or that it is there at all.
func (s *script) mutateResources(rs map[string]*fnv1.Resource) {
	if len(rs) == 0 {
		return
	}
	key := chooseKey(s, rs)
	switch s.choose(12) {
	case 0:
		delete(rs, key)
	case 1:
		rs[key] = []*fnv1.Resource{nil, {}, {Resource: &structpb.Struct{}}}[s.choose(3)]
	case 2:
		rs["another."+key] = proto.CloneOf(rs[key])
	case 3:
		other := chooseKey(s, rs)
		rs[key], rs[other] = rs[other], rs[key]
	case 4:
		if rs[key] != nil {
			rs[key].ConnectionDetails = []map[string][]byte{nil, {}, {"kubeconfig": nil}, {"kubeconfig": []byte("\x00{")}}[s.choose(4)]
		}
	default:
		s.mutateStruct(rs[key].GetResource())
	}
}

// mutateStruct somewhere in its depth. Mostly that is where something is read: deep
// down where there is no list, and in what is about to be looked at.
func (s *script) mutateStruct(in *structpb.Struct) {
	for depth := 0; len(in.GetFields()) > 0; depth++ {
		field := chooseKey(s, in.GetFields())
		below := in.GetFields()[field]
		if list := below.GetListValue().GetValues(); len(list) > 0 && s.choose(4) > 0 {
			i := s.choose(len(list))
			if len(list[i].GetStructValue().GetFields()) == 0 || s.choose(3) == 0 {
				list[i] = s.instead(in, list[i])
				return
			}
			in = list[i].GetStructValue()
			continue
		}
		if len(below.GetStructValue().GetFields()) > 0 && (depth < 1 || s.choose(3) > 0) {
			in = below.GetStructValue()
			continue
		}
		if s.choose(5) == 0 {
			delete(in.GetFields(), field)
			return
		}
		in.Fields[field] = s.instead(in, below)
		return
	}
}

// instead of a value: something hostile, itself once too often, or what is beside it.
func (s *script) instead(in *structpb.Struct, v *structpb.Value) *structpb.Value {
	switch s.choose(4) {
	case 0:
		return structpb.NewListValue(&structpb.ListValue{Values: []*structpb.Value{v, v}})
	case 1:
		return proto.CloneOf(in.GetFields()[chooseKey(s, in.GetFields())])
	default:
		vs := hostile()
		return vs[s.choose(len(vs))]
	}
}
