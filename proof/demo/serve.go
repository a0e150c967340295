package demo

import (
	"context"
	"fmt"
	"io"
	"os"

	"example.com/shared-queue/proof/simulation"
	"example.com/shared-queue/proof/world"
	"example.com/shared-queue/spec"
)

// serve keeps the simulation up, with profiles for AWS's tools, until the context
// ends. It leaves no file.
func serve(ctx context.Context, out io.Writer, s *simulation.Simulation, environments []spec.Environment, w *world.World) error {
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
	fmt.Fprintf(out, "\nIn another shell, with the AWS CLI (or an SDK, with AWS_ENDPOINT_URL):\n\n  export AWS_CONFIG_FILE=%s AWS_CA_BUNDLE=%s\n%s\n",
		config, simulation.CertificateFile(folder), commands(s.URL, environments[0]))
	<-ctx.Done()
	return nil
}

// commands are some to try: to send, to assume a role, and to prove.
func commands(url string, e spec.Environment) string {
	insider := e.Name + "-" + simulation.Insider
	sender, publisher, assume := insider, "", ""
	if len(e.Publishers) > 0 {
		p := e.Publishers[0]
		sender, publisher = e.Name+"-publisher-"+p.Name, " -publisher "+p.Name
		assume = fmt.Sprintf("  aws sts assume-role --endpoint-url %s --profile %s-%s --role-arn %s --role-session-name demo\n",
			url, sender, simulation.Trusted, p.Role.At(p.Account).ARN())
	}
	fifo := ""
	if e.QueueAddress().FIFO() {
		fifo = " --message-group-id demo --message-deduplication-id 1"
	}
	return fmt.Sprintf(`  aws sqs send-message --endpoint-url %s --profile %s --queue-url %s --message-body Hello%s
%s  go run ./cmd/prove -endpoint-url %s -environment %s%s -profile %s \
    -insider-profile %s -outsider-profile %s-%s
`, url, sender, e.QueueAddress().URL(), fifo, assume, url, e.Name, publisher, sender, insider, e.Name, simulation.SiblingOU)
}
