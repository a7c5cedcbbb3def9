package controlplane

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/client-go/util/cert"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// A network is what a cluster without nodes has for one: a proxy on the loopback
// interface, by which processes reach services by their names, as the API server does,
// and hosts of the internet, which are on the loopback interface, too. There is no way
// to anywhere else.
type network struct {
	cp *ControlPlane
	// hosts of the internet and where they are, and the files of their certificate, which
	// vouches for itself, and its key.
	hosts            map[string]string
	certificate, key string
}

// hosts that the documentation installs from.
const (
	hostPackages = "xpkg.crossplane.io"
	hostCharts   = "charts.crossplane.io"
)

// startNetwork with the hosts that the documentation installs from.
func (cp *ControlPlane) startNetwork() error {
	chain, key, err := cert.GenerateSelfSignedCertKey(hostPackages, nil, []string{hostCharts, "localhost"})
	if err != nil {
		return fmt.Errorf("cannot make the hosts' certificate: %w", err)
	}
	pair, err := tls.X509KeyPair(chain, key)
	if err != nil {
		return fmt.Errorf("cannot use the hosts' certificate: %w", err)
	}
	n := &network{cp: cp, hosts: map[string]string{}, certificate: filepath.Join(cp.Dir, "hosts.crt"), key: filepath.Join(cp.Dir, "hosts.key")}
	if err := errors.Join(os.WriteFile(n.certificate, chain, 0o600), os.WriteFile(n.key, key, 0o600)); err != nil {
		return fmt.Errorf("cannot write the hosts' certificate: %w", err)
	}
	cp.network = n
	charts := http.StripPrefix("/stable", http.FileServer(http.Dir(cp.chartDir())))
	// The API server asks for a proxy with TLS, which Go's and Helm's clients don't need.
	for host, handler := range map[string]http.Handler{hostPackages: cp.registry, hostCharts: charts, "localhost": n} {
		l, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12})
		if err != nil {
			return fmt.Errorf("cannot listen: %w", err)
		}
		n.hosts[host+":443"] = l.Addr().String()
		cp.serveAt(l, handler)
	}
	return cp.serve(cp.ports.proxy, n)
}

// ServeHTTP answers who wants to be connected.
func (n *network) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodConnect {
		http.Error(w, "want CONNECT", http.StatusMethodNotAllowed)
		return
	}
	address, err := n.find(r.Context(), r.Host)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	there, err := (&net.Dialer{}).DialContext(r.Context(), "tcp", address)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	here, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		_ = there.Close()
		return
	}
	_, _ = io.WriteString(here, "HTTP/1.1 200 OK\r\n\r\n")
	for _, ends := range [][2]net.Conn{{here, there}, {there, here}} {
		go func() {
			_, _ = io.Copy(ends[0], ends[1])
			_, _ = ends[0].Close(), ends[1].Close()
		}()
	}
}

// env by which a process finds the network.
func (n *network) env() []string {
	return []string{fmt.Sprintf("HTTPS_PROXY=http://127.0.0.1:%d", n.cp.ports.proxy), "SSL_CERT_FILE=" + n.certificate}
}

// find where a host of the internet listens, or a pod of a service. Services are known
// by their names, and by their addresses in the cluster.
func (n *network) find(ctx context.Context, hostport string) (string, error) {
	if address, ok := n.hosts[hostport]; ok {
		return address, nil
	}
	host, port, err := net.SplitHostPort(hostport)
	if err != nil {
		return "", err
	}
	services := &corev1.ServiceList{}
	if err := n.cp.Client.List(ctx, services); err != nil {
		return "", err
	}
	for _, s := range services.Items {
		name := s.Name + "." + s.Namespace
		if host != s.Spec.ClusterIP && host != name && !strings.HasPrefix(host, name+".svc") {
			continue
		}
		for _, p := range s.Spec.Ports {
			if strconv.Itoa(int(p.Port)) == port {
				return n.pod(ctx, s, p)
			}
		}
	}
	return "", fmt.Errorf("%s is nowhere", hostport)
}

// pod of a service that is ready: where it listens.
func (n *network) pod(ctx context.Context, s corev1.Service, p corev1.ServicePort) (string, error) {
	pods := &corev1.PodList{}
	if err := n.cp.Client.List(ctx, pods, client.InNamespace(s.Namespace), client.MatchingLabels(s.Spec.Selector)); err != nil {
		return "", err
	}
	for _, pod := range pods.Items {
		for _, c := range pod.Spec.Containers {
			for _, cport := range c.Ports {
				named := p.TargetPort.StrVal != "" && p.TargetPort.StrVal == cport.Name
				if address, ok := n.cp.node.address(&pod, cport.ContainerPort); ok && (named || p.TargetPort.IntVal == cport.ContainerPort) {
					return address, nil
				}
			}
		}
	}
	return "", errors.New("no pod of service " + s.Name + " is ready")
}
