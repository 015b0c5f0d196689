#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "kontena/base/clock.h"
#include "kontena/base/redacted.h"
#include "kontena/base/result.h"
#include "kontena/base/synced.h"
#include "kontena/codec/json.h"
#include "kontena/http/client.h"
#include "kontena/model/people.h"
#include "kontena/oidc/messages.h"
#include "kontena/oidc/token.h"

namespace kontena::server {

inline constexpr std::string_view provider_key = "login";          // of the one provider that there is
inline constexpr std::string_view provider_scope = ".server/sso";  // of its client's secret; no project is called so
inline constexpr std::string_view provider_secret = "sso";

// Whom the provider has said that it is.
struct Person {
  std::string subject;
  std::string called;  // by the claim for the user's name
  std::vector<std::string> groups;
};

// What User::outside is for somebody of this provider; and whether a user is one of its.
std::string outside_of(const model::Provider&, const std::string& subject);
bool is_of(const model::User&, const model::Provider&);

// Logs people in by an OpenID Connect provider: asks it for a code, which they type there, and asks whether they
// have, for whoever began. The one thing by which the server dials out: https only, few requests at a time, each
// bounded in time and size, and to nobody but the provider that an administrator named and the endpoints it names.
// What has begun is in memory only: after a new start people begin anew. Safe from any thread.
class Sso {
 public:
  struct Limits {
    std::size_t pending = 200;
    int at_once = 4;
    Duration patience{5'000};  // for a turn
    Duration timeout{10'000};  // of a request
    Duration fresh{600'000};   // what is known of the provider and of its keys
    Duration refetch{30'000};  // keys are not asked for more often, whatever key a token names
    int failures = 3;          // in a row, of the way to the provider, before a login ends by it
  };
  using Connect = std::function<std::unique_ptr<http::Client>(http::ClientOptions)>;
  // Text of the certificates that are trusted where none are named.
  using Authorities = std::function<Result<std::string>()>;
  Sso(const Clock& clock, Connect connect, Authorities authorities, Limits limits)
      : clock_(clock), connect_(std::move(connect)), authorities_(std::move(authorities)), limits_(limits) {}
  explicit Sso(const Clock&);

  struct As {  // the provider, and what its client shows
    model::Provider provider;
    Redacted secret;
  };

  // That the provider is there, and is one that we can log people in by.
  Status check(const As&);

  struct Begun {
    oidc::Device device;
    Duration wait{};
  };
  // `login` is the random secret by which it is known here from then on, `nonce` as random.
  Result<Begun> begin(const As&, const std::string& login, const std::string& nonce);

  struct Waited {
    std::optional<Person> person;  // absent: not yet
    Duration wait{};               // before it is asked again
  };
  // Asks the provider, if it is time to. A login ends here by success, and by any error but Code::exhausted.
  Result<Waited> wait(const As&, const std::string& login);

  void cancel(const std::string& login);

  void stop();  // requests under way end within a second, and no others begin

 private:
  struct Login {
    std::int64_t provider = 0;  // which version of it: updated_ms
    oidc::Device device;
    std::string nonce;
    Duration begun{}, ends{}, next{};
    int failures = 0;
    bool asking = false;
  };
  using Keys = std::shared_ptr<const std::vector<oidc::Key>>;
  struct Known {  // of the provider
    std::string issuer, authorities;
    std::shared_ptr<const oidc::Metadata> metadata;
    Duration metadata_at{};
    Keys keys;
    Duration keys_at{};
    std::map<std::string, std::shared_ptr<http::Client>> clients;  // by origin
  };
  struct Gate {
    int running = 0;
    bool stopped = false;
  };

  Result<http::Response> ask(const As&, const oidc::Url&, const http::Request&);
  Result<std::shared_ptr<http::Client>> client_of(const As&, const std::string& origin);
  Result<std::shared_ptr<const oidc::Metadata>> metadata_of(const As&);
  Result<Keys> keys_of(const As&, const oidc::Metadata&, bool anew);
  Result<Person> person_of(const As&, const oidc::Metadata&, const oidc::TokenAnswer&, const std::string& nonce);
  Result<std::string> verified(const As&, const oidc::Metadata&, const Redacted& token, const std::string& nonce);
  Result<Waited> after(const std::string& digest, const Login&, Error);
  void for_known(const As&, auto&& use);

  const Clock& clock_;
  const Connect connect_;
  const Authorities authorities_;
  const Limits limits_;
  Synced<Gate> gate_;
  Synced<Known> known_;
  Synced<std::map<std::string, Login>> logins_;  // by digest of what they are known by
};

}  // namespace kontena::server

template <>
struct kontena::codec::Fields<kontena::server::Person> {
  static void visit(auto& v, auto& s) {
    v("subject", s.subject);
    v("called", s.called);
    v("groups", s.groups);
  }
};
