package simulator

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net"
	"time"
)

// authority is a certificate authority made for one server.
type authority struct {
	caCert *x509.Certificate
	caKey  *ecdsa.PrivateKey
	server *tls.Config
	began  time.Time
}

const certificateLife = 10 * 365 * 24 * time.Hour

// create makes the authority's and the server's certificates.
func (a *authority) create(now time.Time, o TLSOptions) error {
	a.began = now
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	template := a.template("authsoak simulator CA")
	template.IsCA, template.BasicConstraintsValid = true, true
	template.KeyUsage = x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return err
	}
	if a.caCert, err = x509.ParseCertificate(der); err != nil {
		return err
	}
	a.caKey = key
	return a.configure(o)
}

// configure makes the server's certificate and settings.
func (a *authority) configure(o TLSOptions) error {
	template := a.template("localhost")
	template.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
	for _, name := range append([]string{"localhost", "127.0.0.1", "::1"}, o.Names...) {
		if ip := net.ParseIP(name); ip != nil {
			template.IPAddresses = append(template.IPAddresses, ip)
		} else {
			template.DNSNames = append(template.DNSNames, name)
		}
	}
	certPEM, keyPEM, err := a.issue(template)
	if err != nil {
		return err
	}
	pair, err := tls.X509KeyPair(certPEM, keyPEM)
	if err != nil {
		return err
	}
	clients := x509.NewCertPool()
	clients.AddCert(a.caCert)
	a.server = &tls.Config{
		Certificates: []tls.Certificate{pair},
		NextProtos:   []string{"h2", "http/1.1"},
		ClientCAs:    clients,
		MinVersion:   tls.VersionTLS12,
	}
	if o.HTTP1Only {
		a.server.NextProtos = []string{"http/1.1"}
	}
	switch o.ClientCertificates {
	case RequestCertificate:
		a.server.ClientAuth = tls.VerifyClientCertIfGiven
	case RequireCertificate:
		a.server.ClientAuth = tls.RequireAndVerifyClientCert
	}
	return nil
}

func (a *authority) template(name string) *x509.Certificate {
	number, _ := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
	return &x509.Certificate{
		SerialNumber: number,
		Subject:      pkix.Name{CommonName: name},
		NotBefore:    a.began.Add(-time.Hour),
		NotAfter:     a.began.Add(certificateLife),
		KeyUsage:     x509.KeyUsageDigitalSignature,
	}
}

// issue signs a certificate with a key of its own.
func (a *authority) issue(template *x509.Certificate) (certPEM, keyPEM []byte, err error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, err
	}
	der, err := x509.CreateCertificate(rand.Reader, template, a.caCert, &key.PublicKey, a.caKey)
	if err != nil {
		return nil, nil, err
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, nil, err
	}
	certPEM = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	keyPEM = pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret})
	return certPEM, keyPEM, nil
}

// CA is the certificate, in PEM, that clients have to trust; nil without TLS.
func (s *Server) CA() (certPEM []byte) {
	if s.caCert == nil {
		return nil
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.caCert.Raw})
}

// IssueClientCertificate makes a client certificate whose common name is the
// user, with its key, both in PEM.
func (s *Server) IssueClientCertificate(user string) (certPEM, keyPEM []byte, err error) {
	if s.caCert == nil {
		return nil, nil, errors.New("simulator: client certificate: the server has no TLS")
	}
	template := s.authority.template(user)
	template.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}
	certPEM, keyPEM, err = s.issue(template)
	if err != nil {
		return nil, nil, fmt.Errorf("simulator: client certificate of %s: %w", user, err)
	}
	return certPEM, keyPEM, nil
}

// tlsConfig is what connections of l are served with; nil for plain ones.
// Pipes get no session tickets: the server would write them while the client
// writes its request, and neither would read.
func (s *Server) tlsConfig(l net.Listener) *tls.Config {
	if s.authority.server == nil {
		return nil
	}
	config := s.authority.server.Clone()
	if _, ok := l.(*PipeListener); ok {
		config.SessionTicketsDisabled = true
	}
	return config
}

// commonName is the name in a verified client certificate.
func commonName(state *tls.ConnectionState) string {
	if len(state.VerifiedChains) == 0 {
		return ""
	}
	return state.VerifiedChains[0][0].Subject.CommonName
}
