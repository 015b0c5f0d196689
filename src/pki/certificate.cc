// Reading certificates.
#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <ctime>

#include "kontena/pki/authority.h"
#include "issue.h"

namespace kontena::pki {
namespace {

using Names = std::unique_ptr<GENERAL_NAMES, Free<GENERAL_NAMES_free>>;

// A NUL inside a name is the old trick of looking like another host to programs
// that stop reading there.
Result<std::string> text_of(const ASN1_STRING* value) {
  unsigned char* utf8 = nullptr;
  const int size = ASN1_STRING_to_UTF8(&utf8, value);
  if (size < 0) return openssl_error(Code::invalid_argument, "the certificate has an unreadable name");
  std::string text(reinterpret_cast<const char*>(utf8), static_cast<std::size_t>(size));
  OPENSSL_free(utf8);
  if (text.find('\0') != std::string::npos)
    return Error{Code::invalid_argument, "the certificate has an unreadable name"};
  return text;
}

Result<std::string> common_name_of(const X509* certificate) {
  const X509_NAME* subject = X509_get_subject_name(certificate);
  const int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
  if (at < 0) return std::string();
  return text_of(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at)));
}

std::string address_text(const ASN1_OCTET_STRING* address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  const int size = ASN1_STRING_length(address);
  if (size != 4 && size != 16) return {};
  inet_ntop(size == 4 ? AF_INET : AF_INET6, ASN1_STRING_get0_data(address), text.data(), text.size());
  return text.data();
}

Result<std::vector<std::string>> names_of(const X509* certificate) {
  std::vector<std::string> texts;
  const Names names(static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
  for (int i = 0; names && i < sk_GENERAL_NAME_num(names.get()); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(names.get(), i);
    if (name->type == GEN_DNS) {
      KTN_TRY(std::string text, text_of(name->d.dNSName));
      texts.push_back(std::move(text));
    } else if (name->type == GEN_IPADD) {
      texts.push_back(address_text(name->d.iPAddress));
    }
  }
  return texts;
}

Result<Time> time_of(const ASN1_TIME* time) {
  std::tm parts{};
  if (ASN1_TIME_to_tm(time, &parts) != 1)
    return openssl_error(Code::invalid_argument, "the certificate has no readable times");
  return Time(std::chrono::seconds(timegm(&parts)));
}

}  // namespace

Result<CertificateFacts> read_certificate(const std::string& pem) {
  KTN_TRY(const Certificate certificate, parse_certificate(pem));
  CertificateFacts facts;
  KTN_TRY(facts.common_name, common_name_of(certificate.get()));
  facts.fingerprint = fingerprint_of(certificate.get());
  KTN_TRY(facts.names, names_of(certificate.get()));
  KTN_TRY(facts.not_before, time_of(X509_get0_notBefore(certificate.get())));
  facts.made = facts.not_before + backdate;
  KTN_TRY(facts.not_after, time_of(X509_get0_notAfter(certificate.get())));
  return facts;
}

Time renewal_due(const CertificateFacts& facts, Duration lifetime) {
  const Duration own = facts.not_after - facts.made;
  return facts.made + (lifetime > Duration(0) ? std::min(own, lifetime) : own) * 2 / 3;
}

bool belong_together(const KeyPair& pair) {
  const auto certificate = parse_certificate(pair.certificate_pem);
  const auto key = parse_key(pair.key_pem);
  const bool match = certificate && key && X509_check_private_key(certificate->get(), key->get()) == 1;
  ERR_clear_error();
  return match;
}

}  // namespace kontena::pki
