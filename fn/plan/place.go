package plan

// A place of an object that others look for.
type place struct{ namespace, name string }

// At says where the node's object has to be, and what it has to be called, if that is not
// as the others are, for whoever looks for it there. One that is anywhere else is made
// anew.
func (n *Node) At(namespace, name string) {
	n.place = &place{namespace: namespace, name: name}
	n.Fixed(placeFields...)
}

// Name is the metadata.name of the node's object. What is on its way out keeps it,
// too: what refers to it must not be told otherwise before it is gone.
func (n *Node) Name() string {
	if n.place != nil && n.place.name != "" {
		return n.place.name
	}
	if name := n.existing().Name(); name != "" {
		return name
	}
	return n.plan.opts.Name(n.Key)
}

// Namespace is the metadata.namespace of the node's object. What exists stays
// where it is, whatever namespace new objects are put into.
func (n *Node) Namespace() string {
	if n.place != nil {
		return n.place.namespace
	}
	if namespace := n.existing().Namespace(); namespace != "" {
		return namespace
	}
	return n.plan.opts.Namespace
}
