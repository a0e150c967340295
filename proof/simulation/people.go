package simulation

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"

	"example.com/shared-queue/address"
	"example.com/shared-queue/spec"
)

// A Profile is somebody around an environment's queue, with credentials. But
// for the roles that the settings name, all of them are allowed everything by
// their own accounts.
type Profile struct {
	Name        string // like dev-publisher-web
	Who         string // in words
	Environment string
	Region      address.Region
	Caller      Caller
	Credentials aws.Credentials
}

// The ends of the names of profiles that every environment has.
const (
	Consumer          = "consumer"
	Operator          = "operator"
	Administrator     = "admin"
	Insider           = "insider"
	SiblingOU         = "sibling-ou"
	OtherOrganization = "other-organization"
	NearOrganization  = "near-organization"
	NoOrganization    = "no-organization"
)

// Own is the name of the queue that each of these accounts has. It has no policy,
// so the account's own policies decide about it alone.
const Own = "own-queue"

// session is the name of all sessions of the profiles.
const session = "demo"

// Populate places the accounts of the environments into their organizations, in
// the first OU that sends, and makes profiles for their roles and for others in
// accounts that it makes up. An account of two environments lies where the first
// has it.
func (s *Simulation) Populate(environments []spec.Environment) []Profile {
	p := population{Simulation: s, taken: map[string]bool{}}
	for _, e := range environments {
		p.place(e.Account, e.Queue.Senders[0].String())
		for _, publisher := range e.WithAccount(AnyAccount).Publishers {
			p.place(publisher.Account, e.Queue.Senders[0].String())
		}
	}
	for _, e := range environments {
		p.around(e.WithAccount(AnyAccount))
	}
	return p.profiles
}

type population struct {
	*Simulation
	taken    map[string]bool // accounts
	made     int
	profiles []Profile
}

func (p *population) place(account, path string) {
	if !p.taken[account] {
		p.taken[account] = true
		p.Place(account, path)
	}
}

// newAccount is one at the path that nobody has.
func (p *population) newAccount(path string) string {
	for {
		p.made++
		account := fmt.Sprintf("9%011d", p.made)
		if !p.taken[account] {
			p.place(account, path)
			return account
		}
	}
}

func (p *population) around(e spec.Environment) {
	role := func(account, name string) string { return e.Region.IAMARN(account, "role/"+name) }
	add := func(name, who, arn string) {
		name = e.Name + "-" + name
		p.profiles = append(p.profiles, Profile{Name: name, Who: who, Environment: e.Name, Region: e.Region,
			Caller:      Caller{Name: name, ARN: arn, Session: session, Path: p.organizationPath(accountOf(arn))},
			Credentials: p.Enter(name, arn, session)})
	}
	for _, publisher := range e.Publishers {
		add("publisher-"+publisher.Name, "the publisher "+publisher.Name, publisher.Role.At(publisher.Account).ARN())
	}
	count := map[spec.GrantKind]int{}
	for _, g := range e.Grants() {
		if g.Kind != spec.Send {
			name := strings.ReplaceAll(g.Kind.String(), " ", "-")
			add(numbered(name, count[g.Kind]), "the "+g.Kind.String()+" "+g.Role.Name, g.Role.ARN())
			count[g.Kind]++
		}
	}
	add(Administrator, "an administrator of the shared account", role(e.Account, "admin"))

	sender := e.Queue.Senders[0].String()
	organization, ids, _ := strings.Cut(sender, "/")
	other := "o-zzzzzzzzzz"
	if other == organization {
		other = "o-yyyyyyyyyy"
	}
	for _, place := range []struct{ name, who, path string }{
		{Insider, "another account of the OU", sender},
		{SiblingOU, "a sibling OU", sender + "x"},
		{NearOrganization, "an organization whose id begins the same", organization + "x/" + ids},
		{OtherOrganization, "another organization, same OU ids", other + "/" + ids},
		{NoOrganization, "an account in no organization", ""},
	} {
		account := p.newAccount(place.path)
		_ = p.AddQueue(address.Queue{Region: e.Region, Account: account, Name: Own}) // the account is new: it has none
		add(place.name, place.who, role(account, "admin"))
	}
}

// numbered is the name of one of many: the first has no number.
func numbered(name string, i int) string {
	if i == 0 {
		return name
	}
	return fmt.Sprintf("%s-%d", name, i+1)
}

// CertificateFile is where WriteConfig writes the certificate.
func CertificateFile(folder string) string { return filepath.Join(folder, "certificate.pem") }

// WriteConfig writes the profiles into the folder for AWS's tools, and the
// certificate that they must trust. It returns the file for AWS_CONFIG_FILE.
func (s *Simulation) WriteConfig(folder string, profiles []Profile) (string, error) {
	certificate, config := CertificateFile(folder), filepath.Join(folder, "config")
	if err := os.WriteFile(certificate, s.Certificate, 0o600); err != nil {
		return "", err
	}
	var b strings.Builder
	for _, p := range profiles {
		fmt.Fprintf(&b, "[profile %s]\n", p.Name)
		for _, setting := range [][2]string{
			{"region", string(p.Region)},
			{"aws_access_key_id", p.Credentials.AccessKeyID},
			{"aws_secret_access_key", p.Credentials.SecretAccessKey},
			{"aws_session_token", p.Credentials.SessionToken},
			{"endpoint_url", s.URL},
			{"ca_bundle", certificate},
		} {
			fmt.Fprintf(&b, "%s = %s\n", setting[0], setting[1])
		}
		b.WriteString("\n")
	}
	return config, os.WriteFile(config, []byte(b.String()), 0o600)
}
