package main

// A root, an intermediate and the server's certificate, with RSA keys of 2048 bits like those of AWS.

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"time"
)

const systemRoots = "/etc/ssl/certs/ca-certificates.crt"

type signer struct {
	certificate *x509.Certificate
	key         *rsa.PrivateKey
}

func (s *signer) issue(serial int64, name string, ca bool) (*signer, error) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return nil, err
	}
	t := &x509.Certificate{
		SerialNumber: big.NewInt(serial), Subject: pkix.Name{CommonName: name}, IsCA: ca, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().AddDate(0, 6, 0), KeyUsage: x509.KeyUsageDigitalSignature,
	}
	if ca {
		t.KeyUsage = x509.KeyUsageCertSign | x509.KeyUsageCRLSign
	} else {
		t.DNSNames, t.IPAddresses = []string{"localhost"}, []net.IP{net.IPv4(127, 0, 0, 1)}
		t.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
	}
	if s == nil {
		s = &signer{t, key}
	}
	der, err := x509.CreateCertificate(rand.Reader, t, s.certificate, &key.PublicKey, s.key)
	if err != nil {
		return nil, err
	}
	certificate, err := x509.ParseCertificate(der)
	return &signer{certificate, key}, err
}

func (s *signer) pem() []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.certificate.Raw})
}

// makeCertificates writes root.pem, bundle.pem (the system's roots and root.pem) and server.pem, unless they are there and
// valid for another week.
func makeCertificates(folder string) error {
	data, _ := os.ReadFile(filepath.Join(folder, "root.pem"))
	if block, _ := pem.Decode(data); block != nil {
		if c, err := x509.ParseCertificate(block.Bytes); err == nil && time.Until(c.NotAfter) > 7*24*time.Hour {
			return nil
		}
	}
	root, err := (*signer)(nil).issue(1, "fifoq bench root", true)
	if err != nil {
		return err
	}
	middle, err := root.issue(2, "fifoq bench intermediate", true)
	if err != nil {
		return err
	}
	leaf, err := middle.issue(3, "localhost", false)
	if err != nil {
		return err
	}
	system, err := os.ReadFile(systemRoots)
	if err != nil {
		return err
	}
	key := pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(leaf.key)})
	for name, parts := range map[string][][]byte{
		"server.pem": {leaf.pem(), middle.pem(), key}, "bundle.pem": {system, root.pem()}, "root.pem": {root.pem()},
	} {
		var all []byte
		for _, part := range parts {
			all = append(all, part...)
		}
		if err := os.WriteFile(filepath.Join(folder, name), all, 0o600); err != nil {
			return err
		}
	}
	return nil
}
