#include "openssl_types.h"

#include <openssl/crypto.h>
#include <openssl/ec.h>

#include <algorithm>

#include "kontena/base/text.h"
#include "kontena/pki/authority.h"

namespace kontena::pki {
namespace {

constexpr std::size_t largest_pem = 256u << 10;
constexpr std::size_t longest_common_name = 64;  // of X.520; OpenSSL holds to it

// OpenSSL would ask for the password of an encrypted key on the terminal.
int no_password(char*, int, int, void*) { return -1; }

}  // namespace

void init() { OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG | OPENSSL_INIT_LOAD_CRYPTO_STRINGS, nullptr); }

Error openssl_error(Code code, std::string_view doing) {
  std::string reason;
  while (const unsigned long error = ERR_get_error()) {
    const char* text = ERR_reason_error_string(error);
    reason += (reason.empty() ? ": " : ", ") + (text ? std::string(text) : "error " + std::to_string(error));
  }
  return {code, std::string(doing) + reason};
}

Bio reader(std::string_view pem) { return Bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()))); }

Result<std::string> written(const Bio& bio) {
  char* text = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &text);
  if (size <= 0) return openssl_error(Code::internal, "writing PEM");
  return std::string(text, static_cast<std::size_t>(size));
}

Result<Certificate> parse_certificate(std::string_view pem) {
  init();
  if (pem.size() > largest_pem) return Error{Code::invalid_argument, "the certificate is too long"};
  const Bio bio = reader(pem);
  Certificate certificate(bio ? PEM_read_bio_X509(bio.get(), nullptr, no_password, nullptr) : nullptr);
  if (!certificate) return openssl_error(Code::invalid_argument, "this is not a certificate in PEM");
  return certificate;
}

Result<Key> parse_key(const Redacted& pem) {
  init();
  if (pem.reveal().size() > largest_pem) return Error{Code::invalid_argument, "the private key is too long"};
  const Bio bio = reader(pem.reveal());
  Key key(bio ? PEM_read_bio_PrivateKey(bio.get(), nullptr, no_password, nullptr) : nullptr);
  if (!key) return openssl_error(Code::invalid_argument, "this is not a private key in PEM without password");
  return key;
}

Result<std::string> pem_of(X509* certificate) {
  const Bio bio(BIO_new(BIO_s_mem()));
  if (!bio || PEM_write_bio_X509(bio.get(), certificate) != 1)
    return openssl_error(Code::internal, "writing a certificate");
  return written(bio);
}

Result<Redacted> pem_of(EVP_PKEY* key) {
  const Bio bio(BIO_new(BIO_s_secmem()));  // wiped when freed
  if (!bio || PEM_write_bio_PKCS8PrivateKey(bio.get(), key, nullptr, nullptr, 0, nullptr, nullptr) != 1)
    return openssl_error(Code::internal, "writing a private key");
  KTN_TRY(std::string pem, written(bio));
  return Redacted(std::move(pem));
}

Result<Key> make_key() {
  init();
  Key key(EVP_EC_gen("P-256"));
  if (!key) return openssl_error(Code::internal, "making a key");
  return key;
}

Status set_common_name(X509_NAME* subject, const std::string& name) {
  // OpenSSL counts characters, we count bytes: ours are ASCII, and this errs to the strict side.
  if (name.empty() || name.size() > longest_common_name ||
      std::ranges::any_of(name, [](unsigned char c) { return c < 0x20; }))
    return Error{Code::invalid_argument, "a certificate's name has 1 to 64 printable characters"};
  while (X509_NAME_entry_count(subject) > 0) X509_NAME_ENTRY_free(X509_NAME_delete_entry(subject, 0));
  if (X509_NAME_add_entry_by_NID(subject, NID_commonName, MBSTRING_UTF8,
                                 reinterpret_cast<const unsigned char*>(name.data()), static_cast<int>(name.size()), -1,
                                 0) != 1)
    return openssl_error(Code::invalid_argument, "'" + name + "' can't be a certificate's name");
  return Done{};
}

std::string fingerprint_of(X509* certificate) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  if (X509_digest(certificate, EVP_sha256(), digest, &size) != 1) return {};
  return text::hex({reinterpret_cast<const char*>(digest), size});
}

}  // namespace kontena::pki
