package simulation

import (
	"fmt"
	"strings"
)

// An Error is an answer of AWS that is an error.
type Error struct {
	Code    string // as SDKs give it, like AccessDenied or KMS.DisabledException
	Message string
	Status  int // of HTTP; 400 if it is zero
}

func (e *Error) Error() string { return e.Code + ": " + e.Message }

func invalid(code, format string, values ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, values...)}
}

const simpleQueueService = "AWS.SimpleQueueService."

// What AWS's front answers, whichever service is behind it: the JSON protocols
// have names of their own for it.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/CommonErrors.html
var frontShapes = map[string]string{
	"AccessDenied":          "AccessDeniedException",
	"ExpiredToken":          "ExpiredTokenException",
	"IncompleteSignature":   "IncompleteSignatureException",
	"InvalidAction":         "UnknownOperationException",
	"InvalidClientTokenId":  "UnrecognizedClientException",
	"InvalidParameterValue": "InvalidParameterValueException",
	"MalformedInput":        "SerializationException",
	"MissingParameter":      "MissingRequiredParameterException",
	"RequestEntityTooLarge": "RequestEntityTooLargeException",
	"RequestTimeout":        "RequestTimeoutException",
	"SignatureDoesNotMatch": "InvalidSignatureException",
}

// sqsShapes are the names in SQS's model of what it answers, where its code is not
// the name.
// https://github.com/aws/aws-sdk-go-v2/blob/main/codegen/sdk-codegen/aws-models/sqs.json
var sqsShapes = map[string]string{
	"KMS.AccessDeniedException":             "KmsAccessDenied",
	"KMS.DisabledException":                 "KmsDisabled",
	"KMS.InvalidKeyUsageException":          "KmsInvalidKeyUsage",
	"KMS.InvalidStateException":             "KmsInvalidState",
	"KMS.NotFoundException":                 "KmsNotFound",
	"KMS.OptInRequired":                     "KmsOptInRequired",
	"KMS.ThrottlingException":               "KmsThrottled",
	"QueueAlreadyExists":                    "QueueNameExists",
	simpleQueueService + "NonExistentQueue": "QueueDoesNotExist",
}

// shape is what the error is called in the JSON protocol of a service.
func (e *Error) shape(service string) string {
	if name, ok := frontShapes[e.Code]; ok {
		return "com.amazon.coral.service#" + name
	}
	if service != "sqs" {
		return e.Code
	}
	if name, ok := sqsShapes[e.Code]; ok {
		return "com.amazonaws.sqs#" + name
	}
	return "com.amazonaws.sqs#" + strings.TrimPrefix(e.Code, simpleQueueService)
}
