package demo

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"

	"example.com/shared-queue/address"
	"example.com/shared-queue/proof/simulation"
	"example.com/shared-queue/proof/world"
	"example.com/shared-queue/spec"
)

// serve keeps the simulation up, with profiles for AWS's tools, until the context
// ends. It leaves no file.
func serve(ctx context.Context, out io.Writer, s *simulation.Simulation, environments []spec.Environment, w *world.World, settings string) error {
	if err := s.Deploy(w); err != nil {
		return err
	}
	folder, err := os.MkdirTemp("", "demo")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(folder) }()
	profiles := s.AddProfiles(environments)
	config, err := s.WriteConfig(folder, profiles)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "\nServing SQS, KMS, STS, IAM and Organizations at %s until Ctrl-C. Profiles:\n\n", s.URL)
	width := 0
	for _, p := range profiles {
		width = max(width, len(p.Name))
	}
	for _, p := range profiles {
		fmt.Fprintf(out, "  %-*s  %s\n", width, p.Name, p.Who)
	}
	fmt.Fprintf(out, "\nIn another shell, with the AWS CLI (or an SDK, with AWS_ENDPOINT_URL):\n\n  export AWS_CONFIG_FILE=%s AWS_CA_BUNDLE=%s\n%s%s\n",
		config, simulation.CertificateFile(folder), toTry(s.URL, environments[0]), toProve(s.URL, environments[0], settings, profiles))
	<-ctx.Done()
	return nil
}

// toTry are commands of the AWS CLI: to send, and to assume a publisher's role.
func toTry(url string, e spec.Environment) string {
	fifo := ""
	if e.QueueAddress().FIFO() {
		fifo = " --message-group-id demo --message-deduplication-id 1"
	}
	text := fmt.Sprintf("  aws sqs send-message --endpoint-url %s --profile %s --queue-url %s --message-body Hello%s\n",
		url, senderOf(e), e.QueueAddress().URL(), fifo)
	if len(e.Publishers) > 0 {
		p := e.Publishers[0]
		text += fmt.Sprintf("  aws sts assume-role --endpoint-url %s --profile %s-%s --role-arn %s --role-session-name demo\n",
			url, senderOf(e), simulation.Trusted, p.Role.At(p.Account).ARN())
	}
	return text
}

// senderOf is the profile of the first publisher, or of somebody else in the OU.
func senderOf(e spec.Environment) string {
	if len(e.Publishers) > 0 {
		return e.Name + "-publisher-" + e.Publishers[0].Name
	}
	return e.Name + "-" + simulation.Insider
}

// toProve is the command that proves all that the profiles can.
func toProve(url string, e spec.Environment, settings string, profiles []simulation.Profile) string {
	lines := []string{fmt.Sprintf("  go run ./cmd/prove -endpoint-url %s -settings %s -environment %s", url, settings, e.Name)}
	add := func(flag, profile string) { lines = append(lines, fmt.Sprintf("    -%s %s", flag, profile)) }
	if len(e.Publishers) > 0 {
		add("publisher", e.Publishers[0].Name)
		add("shared-profile", senderOf(e)+"-"+simulation.Administrator)
		if e.Publishers[0].EveryAccount {
			add("account", e.Publishers[0].Account)
		}
	}
	add("profile", senderOf(e))
	add("shared-profile", e.Name+"-"+simulation.Administrator)
	add("organization-profile", e.Name+"-"+simulation.Management)
	add("insider-profile", e.Name+"-"+simulation.Insider)
	for _, p := range profiles {
		switch strings.TrimPrefix(p.Name, e.Name+"-") {
		case simulation.Consumer:
			add("consumer-profile", p.Name)
		case simulation.SiblingOU, simulation.OtherOrganization, simulation.NoOrganization:
			own := address.Queue{Region: p.Region, Account: p.Caller.Account(), Name: simulation.OwnQueue}
			add("outsider-profile", p.Name)
			add("outsider-queue", own.URL())
		}
	}
	return strings.Join(lines, " \\\n") + "\n"
}
