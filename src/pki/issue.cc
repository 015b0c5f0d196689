#include "issue.h"

#include <arpa/inet.h>
#include <openssl/rand.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <ctime>

#include "kontena/pki/authority.h"

namespace kontena::pki {
namespace {

struct Profile {
  Use use;
  const char* constraints;
  const char* key_usage;
  const char* extended;  // nullptr: none
};

// An authority with pathlen:0 signs only leaves.
constexpr std::array profiles{
    Profile{Use::authority, "critical,CA:TRUE,pathlen:0", "critical,keyCertSign,cRLSign", nullptr},
    Profile{Use::server, "critical,CA:FALSE", "critical,digitalSignature", "serverAuth"},
    Profile{Use::client, "critical,CA:FALSE", "critical,digitalSignature", "clientAuth"},
};

const Profile& profile_of(Use use) { return *std::ranges::find(profiles, use, &Profile::use); }

using Names = std::unique_ptr<GENERAL_NAMES, Free<GENERAL_NAMES_free>>;
using Name = std::unique_ptr<GENERAL_NAME, Free<GENERAL_NAME_free>>;
using Serial = std::unique_ptr<BIGNUM, Free<BN_free>>;
using Extension = std::unique_ptr<X509_EXTENSION, Free<X509_EXTENSION_free>>;

std::time_t seconds(Time time) {
  return static_cast<std::time_t>(std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count());
}

// The value is one of ours, never a caller's text: OpenSSL reads it as a small language.
Status extend(X509* certificate, X509* issuer, int kind, const char* value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  const Extension extension(X509V3_EXT_conf_nid(nullptr, &context, kind, value));
  if (!extension || X509_add_ext(certificate, extension.get(), -1) != 1)
    return openssl_error(Code::internal, "making a certificate");
  return Done{};
}

bool is_host_name(const std::string& name) {
  return !name.empty() && name.size() <= 253 && name.front() != '.' && name.front() != '-' &&
         std::ranges::all_of(name, [](unsigned char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
                  c == '_';
         });
}

Result<Name> general_name(const std::string& text) {
  std::array<unsigned char, 16> address;
  int size = 0;
  if (inet_pton(AF_INET, text.c_str(), address.data()) == 1) size = 4;
  if (inet_pton(AF_INET6, text.c_str(), address.data()) == 1) size = 16;
  if (size == 0 && !is_host_name(text))
    return Error{Code::invalid_argument, "'" + text + "' is neither a host name nor an address"};
  Name name(GENERAL_NAME_new());
  ASN1_STRING* value = size > 0 ? ASN1_OCTET_STRING_new() : ASN1_IA5STRING_new();
  const int set = value == nullptr ? 0
                  : size > 0       ? ASN1_STRING_set(value, address.data(), size)
                                   : ASN1_STRING_set(value, text.data(), static_cast<int>(text.size()));
  if (!name || set != 1) {
    ASN1_STRING_free(value);
    return openssl_error(Code::internal, "making a certificate");
  }
  GENERAL_NAME_set0_value(name.get(), size > 0 ? GEN_IPADD : GEN_DNS, value);  // takes the value
  return name;
}

Status set_names(X509* certificate, const std::vector<std::string>& texts) {
  Names names(sk_GENERAL_NAME_new_null());
  for (const std::string& text : texts) {
    KTN_TRY(Name name, general_name(text));
    if (sk_GENERAL_NAME_push(names.get(), name.get()) <= 0)
      return openssl_error(Code::internal, "making a certificate");
    name.release();
  }
  if (X509_add1_ext_i2d(certificate, NID_subject_alt_name, names.get(), 0, 0) != 1)
    return openssl_error(Code::internal, "making a certificate");
  return Done{};
}

Status set_serial(X509* certificate) {
  const Serial serial(BN_new());
  if (!serial || BN_rand(serial.get(), 128, BN_RAND_TOP_ANY, BN_RAND_BOTTOM_ANY) != 1 ||
      !BN_to_ASN1_INTEGER(serial.get(), X509_get_serialNumber(certificate)))
    return openssl_error(Code::internal, "making a serial number");
  return Done{};
}

// A leaf never outlives its authority, and begins no earlier: some clients refuse
// a chain of which one part is not valid, whatever the rest says.
Status set_times(X509* certificate, const Wanted& wanted, X509* issuer) {
  if (wanted.lifetime <= Duration::zero())
    return Error{Code::invalid_argument, "a certificate's lifetime is more than nothing"};
  if (!ASN1_TIME_set(X509_getm_notBefore(certificate), seconds(wanted.now - backdate)) ||
      !ASN1_TIME_set(X509_getm_notAfter(certificate), seconds(wanted.now + wanted.lifetime)))
    return openssl_error(Code::invalid_argument, "a certificate can't have such times");
  if (!issuer) return Done{};
  std::time_t now = seconds(wanted.now);
  if (X509_cmp_time(X509_get0_notAfter(issuer), &now) < 0)
    return Error{Code::failed_precondition, "the certificate authority has expired"};
  if (ASN1_TIME_compare(X509_get0_notAfter(issuer), X509_get0_notAfter(certificate)) < 0 &&
      X509_set1_notAfter(certificate, X509_get0_notAfter(issuer)) != 1)
    return openssl_error(Code::internal, "making a certificate");
  if (ASN1_TIME_compare(X509_get0_notBefore(issuer), X509_get0_notBefore(certificate)) > 0 &&
      X509_set1_notBefore(certificate, X509_get0_notBefore(issuer)) != 1)
    return openssl_error(Code::internal, "making a certificate");
  return Done{};
}

}  // namespace

Result<Certificate> issue(const Wanted& wanted, EVP_PKEY* subject_key, X509* issuer_certificate, EVP_PKEY* issuer_key) {
  Certificate made(X509_new());
  if (!made || X509_set_version(made.get(), X509_VERSION_3) != 1)
    return openssl_error(Code::internal, "making a certificate");
  X509* const issuer = issuer_certificate ? issuer_certificate : made.get();
  KTN_OK(set_serial(made.get()));
  KTN_OK(set_times(made.get(), wanted, issuer_certificate));
  KTN_OK(set_common_name(X509_get_subject_name(made.get()), wanted.common_name));
  if (X509_set_issuer_name(made.get(), X509_get_subject_name(issuer)) != 1 ||
      X509_set_pubkey(made.get(), subject_key) != 1)
    return openssl_error(Code::internal, "making a certificate");

  const Profile& profile = profile_of(wanted.use);
  KTN_OK(extend(made.get(), issuer, NID_basic_constraints, profile.constraints));
  KTN_OK(extend(made.get(), issuer, NID_key_usage, profile.key_usage));
  if (profile.extended) KTN_OK(extend(made.get(), issuer, NID_ext_key_usage, profile.extended));
  KTN_OK(extend(made.get(), issuer, NID_subject_key_identifier, "hash"));
  KTN_OK(extend(made.get(), issuer, NID_authority_key_identifier, "keyid:always"));
  if (!wanted.names.empty()) KTN_OK(set_names(made.get(), wanted.names));

  if (X509_sign(made.get(), issuer_key, EVP_sha256()) <= 0)
    return openssl_error(Code::internal, "signing a certificate");
  return made;
}

}  // namespace kontena::pki
