// Turns curl's results into what the caller is told.
#include <openssl/x509_vfy.h>

#include <cstring>

#include "kontena/base/text.h"
#include "transfer.h"

namespace kontena::http {
namespace {

std::string lower_first(std::string_view text) {
  std::string lowered(text::trim(text));
  if (lowered.size() > 1 && lowered[0] >= 'A' && lowered[0] <= 'Z' && !(lowered[1] >= 'A' && lowered[1] <= 'Z'))
    lowered[0] = static_cast<char>(lowered[0] - 'A' + 'a');
  while (lowered.ends_with('.')) lowered.pop_back();
  return lowered;
}

// The system's reason where there is one, else curl's.
std::string reason(CURL* easy, CURLcode code, std::string_view detail) {
  long number = 0;
  curl_easy_getinfo(easy, CURLINFO_OS_ERRNO, &number);
  if (number != 0) return lower_first(std::strerror(static_cast<int>(number)));
  return lower_first(detail.empty() ? curl_easy_strerror(code) : detail);
}

// The names in the server's certificate, out of OpenSSL's text for people.
std::string certificate_names(CURL* easy) {
  constexpr std::string_view key = "X509v3 Subject Alternative Name:";
  curl_certinfo* chain = nullptr;
  if (curl_easy_getinfo(easy, CURLINFO_CERTINFO, &chain) != CURLE_OK || !chain || chain->num_of_certs < 1) return {};
  std::vector<std::string> names;
  for (const curl_slist* line = chain->certinfo[0]; line; line = line->next) {
    const std::string_view text = line->data;
    if (!text.starts_with(key)) continue;
    for (const std::string& part : text::split(text.substr(key.size()), ',')) {
      const std::string_view name = text::trim(part);
      names.emplace_back(name.substr(name.find(':') + 1));
    }
  }
  return text::join(names, ", ");
}

Error unknown_authority(const std::string& place) {
  return {Code::unauthenticated, "the certificate of " + place + " is not from the pinned authority",
          "this is another server, or its authority was made anew: ask its administrator for a new token"};
}

Error untrusted(CURL* easy, const std::string& place, std::string_view detail) {
  long verdict = 0;
  curl_easy_getinfo(easy, CURLINFO_SSL_VERIFYRESULT, &verdict);
  const std::string subject = "the certificate of " + place;
  switch (verdict) {
    case X509_V_OK:
    case X509_V_ERR_UNSPECIFIED: {  // what curl leaves there when it is the name that fails
      if (detail.find("name") == detail.npos) break;
      const std::string names = certificate_names(easy);
      return {Code::unauthenticated, subject + " is for other names: " + (names.empty() ? "it has none" : names),
              "start the server with --advertise NAME, or use one of these names"};
    }
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return {Code::unauthenticated, subject + " is not valid yet",
              "a clock may be wrong, here or there: compare `date -u`"};
    case X509_V_ERR_CERT_HAS_EXPIRED:
      return {Code::unauthenticated, subject + " has expired",
              "if it should not have, a clock may be wrong, here or there: compare `date -u`"};
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    case X509_V_ERR_CERT_SIGNATURE_FAILURE:
    case X509_V_ERR_AKID_SKID_MISMATCH:
      return unknown_authority(place);
  }
  return {Code::unauthenticated, subject + " is not trusted: " + lower_first(detail)};
}

// The server's verdict on our certificate comes as an alert, after our own half of
// the handshake is done, and curl has no code for it.
bool refuses_ours(std::string_view detail) {
  for (const std::string_view alert :
       {"alert unknown ca", "alert bad certificate", "alert certificate expired", "alert unsupported certificate",
        "alert certificate unknown", "alert decrypt error"})
    if (detail.find(alert) != std::string_view::npos) return true;
  return false;
}

}  // namespace

std::string place_of(const ClientOptions& client) {
  if (!client.unix_socket.empty()) return client.unix_socket;
  return client.url.ends_with('/') ? client.url.substr(0, client.url.size() - 1) : client.url;
}

Error curl_error(CURL* easy, CURLcode code, const ClientOptions& client, std::string_view detail) {
  const std::string place = place_of(client);
  if (refuses_ours(detail))
    return {Code::unauthenticated, place + " refuses our certificate",
            "it was made by another authority, or it has expired: join again"};
  switch (code) {
    case CURLE_PEER_FAILED_VERIFICATION:
      return untrusted(easy, place, detail);
    case CURLE_COULDNT_RESOLVE_HOST:
      return {Code::unavailable, "cannot reach " + place + ": its name is not known here"};
    case CURLE_COULDNT_CONNECT:
      return {Code::unavailable, "cannot reach " + place + ": " + reason(easy, code, detail)};
    case CURLE_OPERATION_TIMEDOUT:  // of connecting; the other limits are ours
      return {Code::unavailable,
              "cannot reach " + place + ": no connection within " + text::human_duration(client.connect_timeout)};
    case CURLE_SSL_CONNECT_ERROR:
      // A signature by another key of an authority with the pinned one's name.
      if (detail.find("asn1 encoding routines") != detail.npos) return unknown_authority(place);
      return {Code::unavailable, "cannot speak TLS with " + place + ": " + lower_first(detail)};
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CACERT_BADFILE:
      return {Code::invalid_argument,
              "the certificate or key to use with " + place + " is unusable: " + lower_first(detail)};
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_URL_MALFORMAT:
      return {Code::invalid_argument, "'" + client.url + "' is not a URL to connect to",
              "it looks like https://host:7443"};
    case CURLE_OUT_OF_MEMORY:
      return {Code::exhausted, "no memory for a request to " + place};
    default:
      return {Code::unavailable, "the connection to " + place + " broke off: " + reason(easy, code, detail)};
  }
}

}  // namespace kontena::http
