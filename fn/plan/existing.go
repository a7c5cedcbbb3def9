package plan

import (
	"maps"
	"slices"
)

// Existing is what exists, by key, be it only on its way out.
func (p *Plan) Existing() map[string]*Observed {
	all := maps.Clone(p.lingering)
	maps.Copy(all, p.observed)
	return all
}

// Lingers tells whether an object is on its way out, by its key.
func (p *Plan) Lingers(key string) bool { return p.lingering[key] != nil }

// Object that exists by a key, be it only on its way out; nil if there is none.
func (p *Plan) Object(key string) *Observed {
	if o := p.observed[key]; o != nil {
		return o
	}
	return p.lingering[key]
}

// exists tells whether there is an object with a key, be it only on its way out.
func (p *Plan) exists(key string) bool { return p.Object(key) != nil }

// home is the namespace that most of what exists lives in, "" if nothing does. All else
// is put there, too: references, provider configurations and Secrets are looked for
// beside what refers to them.
func (p *Plan) home() string {
	live := map[string]int{}
	for _, o := range p.Existing() {
		if namespace := o.Namespace(); namespace != "" {
			live[namespace]++
		}
	}
	home := ""
	for _, namespace := range slices.Sorted(maps.Keys(live)) {
		if live[namespace] > live[home] {
			home = namespace
		}
	}
	return home
}
