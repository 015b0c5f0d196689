#include "kontena/api/call.h"

#include "kontena/api/endpoints.h"
#include "kontena/pki/authority.h"

namespace kontena::api {

Error error_of(const http::Response& response) {
  const auto answer = codec::from_json<ErrorAnswer>(response.body);
  if (!answer || answer->error.message.empty())
    return {Code::unavailable, "the server answered " + std::to_string(response.status) + ", not in kontena's form",
            "is it a kontena server that listens there, and of a version near to this one?"};
  return {code_named(answer->error.code).value_or(Code::internal), answer->error.message, answer->error.hint};
}

Result<std::string> call_text(http::Client& client, const http::Request& request, Duration timeout) {
  KTN_TRY(http::Response response, client.send(request, timeout));
  if (response.status >= 300) return error_of(response);
  return std::move(response.body);
}

Result<std::string> fetch_authority(const std::string& url, const std::string& fingerprint) {
  const auto stranger = http::connect({.url = url, .insecure = true});
  KTN_TRY(AuthorityAnswer answer, call<AuthorityAnswer>(*stranger, {.path = std::string(paths::authority)}));
  KTN_TRY(const pki::CertificateFacts facts, pki::read_certificate(answer.certificate_pem));
  if (facts.fingerprint != fingerprint)
    return Error{Code::unauthenticated, "the server at " + url + " is not the one that made this token",
                 "check the address; if the server was set up anew, get a new token from it"};
  return std::move(answer.certificate_pem);
}

}  // namespace kontena::api
