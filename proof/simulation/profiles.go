package simulation

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"

	"example.com/shared-queue/address"
	"example.com/shared-queue/proof/cast"
	"example.com/shared-queue/proof/template"
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

// Suffixes of the names of profiles that every environment has.
const (
	Consumer          = "consumer"
	Trusted           = "trusted" // follows the name of a publisher
	Operator          = "operator"
	Administrator     = "admin"
	Insider           = "insider"
	SiblingOU         = "sibling-ou"
	OtherOrganization = "other-organization"
	NearOrganization  = "near-organization"
	NoOrganization    = "no-organization"
	Management        = "management"
)

// OwnQueue is the name of the queue that each of these accounts has. It has no policy,
// so the account's own policies decide about it alone.
const OwnQueue = "own-queue"

// session is the name of all sessions of the profiles.
const session = "demo"

// WithAccounts is a copy of the environments in which each publisher in every account
// has one account: the one in which package template has the role of its stack set.
func WithAccounts(environments []spec.Environment) []spec.Environment {
	placed := slices.Clone(environments)
	for i, e := range placed {
		placed[i].Publishers = slices.Clone(e.Publishers)
		for j, p := range e.Publishers {
			if p.EveryAccount {
				placed[i].Publishers[j].Account = template.StackSetAccount(e.PublisherStackName(p))
			}
		}
	}
	return placed
}

// AddProfiles places the accounts of the environments into their organizations, in
// the first OU that sends, and makes profiles for their roles and for others in
// accounts that it makes up. An account of two environments lies where the first
// has it.
func (s *Simulation) AddProfiles(environments []spec.Environment) []Profile {
	p := profileMaker{Simulation: s, taken: map[string]bool{}}
	environments = WithAccounts(environments)
	for _, e := range environments {
		p.setPath(e.Account, e.Queue.Senders[0].String())
		for _, publisher := range e.Publishers {
			p.setPath(publisher.Account, e.Queue.Senders[0].String())
		}
	}
	for _, e := range environments {
		p.addEnvironment(e)
	}
	for _, e := range environments {
		p.add(e, Management, "an administrator of the organization's management account", e.Region.IAMARN(p.manager(e), "role/admin"))
	}
	return p.profiles
}

type profileMaker struct {
	*Simulation
	taken    map[string]bool // accounts
	made     int
	profiles []Profile
}

func (p *profileMaker) setPath(account, path string) {
	if !p.taken[account] {
		p.taken[account] = true
		p.SetOrganizationPath(account, path)
	}
}

// newAccount is one at the path that nobody has.
func (p *profileMaker) newAccount(path string) string {
	for {
		p.made++
		account := fmt.Sprintf("9%011d", p.made)
		if !p.taken[account] {
			p.setPath(account, path)
			return account
		}
	}
}

func (p *profileMaker) add(e spec.Environment, name, who, arn string) {
	name = e.Name + "-" + name
	p.profiles = append(p.profiles, Profile{Name: name, Who: who, Environment: e.Name, Region: e.Region,
		Caller:      Caller{Name: name, ARN: arn, Session: session, Path: p.tree.Path(accountOf(arn))},
		Credentials: p.NewCredentials(name, arn, session)})
}

// addEnvironment adds the roles of the settings, and administrators of accounts in
// and around the OU.
func (p *profileMaker) addEnvironment(e spec.Environment) {
	admin := func(account string) string { return e.Region.IAMARN(account, "role/admin") }
	for _, publisher := range e.Publishers {
		p.add(e, "publisher-"+publisher.Name, "the publisher "+publisher.Name, publisher.Role.At(publisher.Account).ARN())
	}
	count := map[spec.GrantKind]int{}
	for _, g := range e.Grants() {
		if g.Kind != spec.Send {
			p.name(g.Role.ARN())
			name := strings.ReplaceAll(g.Kind.String(), " ", "-")
			p.add(e, numbered(name, count[g.Kind]), "the "+g.Kind.String()+" "+g.Role.Name, g.Role.ARN())
			count[g.Kind]++
		}
	}
	p.add(e, Administrator, "an administrator of the shared account", admin(e.Account))
	for _, publisher := range e.Publishers {
		name := "publisher-" + publisher.Name + "-"
		p.add(e, name+Administrator, "an administrator of the account of the publisher "+publisher.Name, admin(publisher.Account))
		who, arn := trusted(publisher, e.Region)
		p.add(e, name+Trusted, who+", which may assume the role of the publisher "+publisher.Name, arn)
	}

	sender := e.Queue.Senders[0].String()
	sibling := sender + "x"
	for slices.ContainsFunc(e.Queue.Senders, func(p address.Path) bool { return p.String() == sibling }) {
		sibling += "x"
	}
	near, other := cast.Foreign(e.Queue.Senders[0])
	for _, place := range []struct{ name, who, path string }{
		{Insider, "another account of the OU", sender},
		{SiblingOU, "a sibling OU", sibling},
		{NearOrganization, "an organization whose id begins the same", near},
		{OtherOrganization, "another organization, same OU ids", other},
		{NoOrganization, "an account in no organization", ""},
	} {
		account := p.newAccount(place.path)
		_ = p.AddQueue(address.Queue{Region: e.Region, Account: account, Name: OwnQueue}) // the account is new: it has none
		p.add(e, place.name, place.who, admin(account))
	}
}

// trusted is the first principal that may assume the publisher's role: for an account,
// an administrator of it.
func trusted(p spec.Publisher, region address.Region) (who, arn string) {
	principal := p.Role.AssumedBy[0].Resolve(p.Account)
	if service, ok := principal.Service(); ok {
		return service, service
	}
	arn, _ = principal.ARN(region) // it is no service
	return principal.String(), strings.Replace(arn, ":root", ":role/admin", 1)
}

// manager is the management account of the environment's organization: that of the
// settings, or one that is made up.
func (p *profileMaker) manager(e spec.Environment) string {
	path := e.Queue.Senders[0]
	if known := p.tree.Manager(path.Organization()); known != "" {
		return known
	}
	root := cast.Root(path)
	account := e.Organization.Account
	if account == "" || e.Organization.Options.DelegatedAdministrator {
		account = p.newAccount(root)
	}
	p.setPath(account, root)
	p.tree.SetManager(path.Organization(), account)
	return account
}

// name remembers a role that the settings name.
func (s *Simulation) name(arn string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.named[arn] = true
}

func (s *Simulation) isNamed(arn string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.named[arn]
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
