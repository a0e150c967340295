package rules

import "regexp"

// Guard-ViaService: everyone uses a key only through a service. Without
// kms:ViaService the key can be used directly, on any ciphertext.
// https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html#conditions-kms-via-service
//
// One network or source calls KMS itself, so that there is no service to name.
func viaService(s *statement) []flaw {
	if s.of.service != "kms" || !s.public() || s.viaService() || s.ofOneNetwork() || s.throughOrganization() {
		return nil
	}
	return []flaw{{
		"allows everyone to use the key directly, not only through a service",
		"add StringEquals kms:ViaService with the service, like sqs.us-east-1.amazonaws.com",
	}}
}

func (s *statement) viaService() bool {
	return s.when(func(c condition) bool {
		return c.name == "kms:viaservice" && c.demands(inText, func(value any) bool { return oneService.MatchString(text(value)) })
	})
}

// The service is the first label of the value, and no policy variable, which the
// caller can set by a tag. The Region may come of a function.
var oneService = regexp.MustCompile(`^[a-z0-9-]+\.[^$]+$`)
