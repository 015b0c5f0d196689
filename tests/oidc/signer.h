#pragma once

#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>

#include <memory>
#include <string>

#include <doctest/doctest.h>

#include "kontena/base/text.h"

namespace kontena::oidc {

inline std::string url_text(std::string_view bytes) {
  std::string text = text::base64_url(bytes);
  while (text.ends_with('=')) text.pop_back();
  return text;
}

// A provider's private key: signs tokens, and says what its public half is.
class Signer {
 public:
  enum class Kind { rsa, p256, ed25519 };
  Signer(Kind kind, std::string id, unsigned bits = 2048) : kind_(kind), id_(std::move(id)) {
    EVP_PKEY* key = kind == Kind::rsa    ? EVP_RSA_gen(bits)
                    : kind == Kind::p256 ? EVP_EC_gen("P-256")
                                         : EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519");
    REQUIRE(key);
    key_.reset(key, EVP_PKEY_free);
  }

  std::string algorithm() const { return kind_ == Kind::rsa ? "RS256" : kind_ == Kind::p256 ? "ES256" : "EdDSA"; }

  std::string public_key() const {
    const std::string more = R"(","use":"sig","alg":")" + algorithm() + R"(","kid":")" + id_ + R"("})";
    if (kind_ == Kind::rsa)
      return R"({"kty":"RSA","n":")" + url_text(number("n")) + R"(","e":")" + url_text(number("e")) + more;
    if (kind_ == Kind::p256)
      return R"({"kty":"EC","crv":"P-256","x":")" + url_text(padded(number("qx"))) + R"(","y":")" +
             url_text(padded(number("qy"))) + more;
    std::string raw(32, '\0');
    std::size_t size = raw.size();
    REQUIRE(EVP_PKEY_get_raw_public_key(key_.get(), reinterpret_cast<unsigned char*>(raw.data()), &size) == 1);
    return R"({"kty":"OKP","crv":"Ed25519","x":")" + url_text(raw) + more;
  }

  std::string sign(std::string_view text) const {
    const std::unique_ptr<EVP_MD_CTX, void (*)(EVP_MD_CTX*)> digest(EVP_MD_CTX_new(), EVP_MD_CTX_free);
    const EVP_MD* hash = kind_ == Kind::ed25519 ? nullptr : EVP_sha256();
    std::size_t size = 0;
    const auto* bytes = reinterpret_cast<const unsigned char*>(text.data());
    REQUIRE(EVP_DigestSignInit(digest.get(), nullptr, hash, nullptr, key_.get()) == 1);
    REQUIRE(EVP_DigestSign(digest.get(), nullptr, &size, bytes, text.size()) == 1);
    std::string signature(size, '\0');
    REQUIRE(EVP_DigestSign(digest.get(), reinterpret_cast<unsigned char*>(signature.data()), &size, bytes,
                           text.size()) == 1);
    signature.resize(size);
    if (kind_ != Kind::p256) return signature;
    const auto* der = reinterpret_cast<const unsigned char*>(signature.data());
    ECDSA_SIG* both = d2i_ECDSA_SIG(nullptr, &der, static_cast<long>(size));
    REQUIRE(both);
    const std::string flat = padded(bytes_of(ECDSA_SIG_get0_r(both))) + padded(bytes_of(ECDSA_SIG_get0_s(both)));
    ECDSA_SIG_free(both);
    return flat;
  }

  // A token with this head and these claims; `head` may lie.
  std::string token_with(const std::string& head, const std::string& claims) const {
    const std::string text = url_text(head) + '.' + url_text(claims);
    return text + '.' + url_text(sign(text));
  }
  std::string token(const std::string& claims) const {
    return token_with(R"({"alg":")" + algorithm() + R"(","kid":")" + id_ + R"(","typ":"JWT"})", claims);
  }

 private:
  static std::string bytes_of(const BIGNUM* number) {
    std::string bytes(static_cast<std::size_t>(BN_num_bytes(number)), '\0');
    BN_bn2bin(number, reinterpret_cast<unsigned char*>(bytes.data()));
    return bytes;
  }
  static std::string padded(const std::string& number) { return std::string(32 - number.size(), '\0') + number; }
  std::string number(const char* name) const {
    BIGNUM* number = nullptr;
    REQUIRE(EVP_PKEY_get_bn_param(key_.get(), name, &number) == 1);
    const std::string bytes = bytes_of(number);
    BN_free(number);
    return bytes;
  }

  Kind kind_;
  std::string id_;
  std::shared_ptr<EVP_PKEY> key_;
};

inline std::string key_set(std::initializer_list<std::string> keys) {
  std::string set = R"({"keys":[)";
  for (const std::string& key : keys) set += (set.ends_with('[') ? "" : ",") + key;
  return set + "]}";
}

}  // namespace kontena::oidc
