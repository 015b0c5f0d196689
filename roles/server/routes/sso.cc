#include "../sso.h"

#include <algorithm>

#include "../people.h"
#include "../sessions.h"
#include "../unreadable.h"
#include "find.h"
#include "handlers.h"
#include "kontena/access/token.h"
#include "kontena/api/sso.h"
#include "kontena/base/text.h"

namespace kontena::server {
namespace {

constexpr std::size_t longest_word = 255, longest_secret = 8'000, most_scopes = 20, largest_authorities = 256u << 10;
constexpr std::int64_t least_session_ms = 300'000;
constexpr std::string_view usual_user_claim = "preferred_username", usual_groups_claim = "groups";

Error changed_meanwhile() {
  return {Code::unauthenticated, "what this login rests on was changed at this moment", "log in again"};
}

const model::Provider* provider_of(const ClusterView& view) { return view.providers.get(provider_key); }

Result<const Ordered<model::Provider>::Item*> find_provider(const ClusterView& view) {
  KTN_OK(check_readable(view, store::providers.key(provider_key)));
  const auto* item = view.providers.find(provider_key);
  if (!item)
    return Error{
        Code::failed_precondition, "this server has no provider that people log in by",
        "log in with a password: kontena client login --user NAME; an administrator names one: kontena client sso set"};
  return item;
}

bool is_word(const std::string& text) {
  return !text.empty() && text.size() <= longest_word &&
         std::ranges::all_of(text, [](unsigned char c) { return c > 0x20 && c < 0x7f && c != '"' && c != '\\'; });
}

// What is asked for, on what is there: what is not said stays for the same client of the same issuer.
Result<model::Provider> merged(const model::Provider* known, const api::SsoRequest& asked) {
  const bool same = known && known->issuer == asked.issuer && known->client_id == asked.client_id;
  model::Provider provider = same ? *known : model::Provider{.issuer = asked.issuer, .client_id = asked.client_id};
  if (!same) {
    provider.user_claim = usual_user_claim;
    provider.groups_claim = usual_groups_claim;
    provider.scopes = {"openid", "profile", "email"};
    provider.session_ms = session_lifetime.count();
  }
  if (asked.user_claim) provider.user_claim = *asked.user_claim;
  if (asked.groups_claim) provider.groups_claim = *asked.groups_claim;
  if (asked.scopes) provider.scopes = *asked.scopes;
  if (asked.authorities) provider.authorities = *asked.authorities;
  if (asked.session_ms) provider.session_ms = *asked.session_ms;
  KTN_OK(oidc::metadata_url(provider.issuer));
  const auto refused = [](const char* what) { return Error{Code::invalid_argument, what}; };
  if (!is_word(provider.client_id)) return refused("the client's id is 1 to 255 printable characters without blanks");
  if (!is_word(provider.user_claim) || !is_word(provider.groups_claim))
    return refused("a claim's name is 1 to 255 printable characters without blanks");
  if (std::ranges::find(provider.scopes, "openid") == provider.scopes.end())
    provider.scopes.insert(provider.scopes.begin(), "openid");
  if (provider.scopes.size() > most_scopes || !std::ranges::all_of(provider.scopes, is_word))
    return refused("scopes are up to 20 words");
  if (provider.authorities.size() > largest_authorities)
    return refused("the authorities' certificates are longer than 256 KiB");
  if (!provider.authorities.empty()) KTN_OK(pki::read_certificate(provider.authorities));
  if (provider.session_ms < least_session_ms || provider.session_ms > session_lifetime.count())
    return Error{Code::invalid_argument, "a session lasts 5 minutes to " + text::human_duration(session_lifetime)};
  if (asked.secret && (asked.secret->size() > longest_secret ||
                       std::ranges::any_of(*asked.secret, [](unsigned char c) { return c < 0x20; })))
    return refused("the client's secret is too long, or more than one line");
  if (asked.secret && asked.secret->empty()) provider.secret.clear();
  return provider;
}

Result<Redacted> secret_of(const Context& context, const model::Provider& provider) {
  if (provider.secret.empty()) return Redacted();
  const std::string scope(provider_scope);
  KTN_TRY(const auto entry, context.store.get(sealed_secrets.key(secret_tail(scope, provider.secret))));
  if (!entry)
    return Error{Code::corrupt, "the secret of the provider's client is not there",
                 "give it again: kontena client sso set --client-secret-file"};
  KTN_TRY(const SealedSecret sealed, sealed_secrets.read(*entry));
  return context.vault.open(scope, provider.secret, sealed);
}

Result<Sso::As> as_of(const Context& context, const model::Provider& provider) {
  KTN_TRY(Redacted secret, secret_of(context, provider));
  return Sso::As{provider, std::move(secret)};
}

api::SsoSummary summarise(const ClusterView& view, const model::Provider& provider) {
  api::SsoSummary summary{.issuer = provider.issuer,
                          .client_id = provider.client_id,
                          .secret = !provider.secret.empty(),
                          .user_claim = provider.user_claim,
                          .groups_claim = provider.groups_claim,
                          .scopes = provider.scopes,
                          .authority = {},
                          .session_ms = provider.session_ms,
                          .accounts = 0,
                          .updated_ms = provider.updated_ms,
                          .updated_by = provider.updated_by};
  if (!provider.authorities.empty())
    if (const auto facts = pki::read_certificate(provider.authorities)) summary.authority = facts->common_name;
  view.users.each("", [&](const auto& item) { summary.accounts += is_of(item.value, provider) ? 1 : 0; });
  return summary;
}

// Whose login it is here: the account that was made at their first, by what the provider calls them.
struct Account {
  const Ordered<model::User>::Item* known = nullptr;
  std::string name;
};
Result<Account> account_of(const ClusterView& view, const model::Provider& provider, const Person& person) {
  const std::string outside = outside_of(provider, person.subject);
  Account account;
  view.users.each("", [&](const auto& item) {
    if (item.value.outside == outside) account = {&item, item.key};
  });
  if (account.known) {
    if (account.known->value.disabled)
      return Error{Code::unauthenticated, "the account '" + account.name + "' is disabled", "ask an administrator"};
    return account;
  }
  // Of those that cannot be read one may be theirs.
  bool unreadable = false;
  view.unreadable.each(store::users.key(""), [&](const auto&) { unreadable = true; });
  if (unreadable)
    return Error{Code::corrupt, "no account is made now, as the record of one cannot be read",
                 "an administrator looks at: kontena client status"};
  const auto name = oidc::user_name(person.called);
  if (!name)
    return Error{
        Code::failed_precondition, "what the provider calls the user cannot be a user's name here",
        "1 to 63 of a-z, 0-9 and -; an administrator names another claim: kontena client sso set --user-claim"};
  if (view.users.get(*name))
    return Error{Code::already_exists,
                 "the name '" + *name + "' is another account's here, and nobody takes it over by logging in",
                 "an administrator removes that account, or names another claim: kontena client sso set --user-claim"};
  account.name = *name;
  return account;
}

}  // namespace

Result<Answer> get_sso(const Context&, const ClusterView& view, const Call&) {
  KTN_OK(check_readable(view, store::providers.key(provider_key)));
  const model::Provider* provider = provider_of(view);
  if (!provider)
    return absent("provider", std::string(provider_key), "kontena client sso set --issuer URL --client-id ID");
  return answer(summarise(view, *provider));
}

Status check_sso(Context& context, const View& view, Call& call) {
  KTN_TRY(const api::SsoRequest asked, body_of<api::SsoRequest>(call));
  KTN_TRY(const model::Provider provider, merged(provider_of(*view), asked));
  if (call.ask("unchecked") == "true") return Done{};
  Redacted secret(asked.secret.value_or(std::string()));
  if (!asked.secret) {
    KTN_TRY(secret, secret_of(context, provider));
  }
  return context.sso.check({provider, std::move(secret)});
}

Result<Change> set_sso(const Context& context, const ClusterView& view, const Call& call) {
  KTN_TRY(const api::SsoRequest asked, body_of<api::SsoRequest>(call));
  const auto* known = view.providers.find(provider_key);
  const std::string key = store::providers.key(provider_key);
  if (!known) KTN_OK(check_readable(view, key));
  KTN_TRY(model::Provider provider, merged(known ? &known->value : nullptr, asked));
  Change change{.resource = provider.issuer};
  change.commit.unchanged = {{key, known ? known->revision : 0}};
  if (asked.secret && !asked.secret->empty()) {
    KTN_TRY(Sealing sealing, context.vault.seal(std::string(provider_scope), std::string(provider_secret),
                                                Redacted(*asked.secret), call.now, context.ids));
    provider.secret = sealing.digest;
    change.commit.unchanged.push_back(std::move(sealing.keyring));
    change.commit.puts.push_back(std::move(sealing.put));
  }
  if (known && !known->value.secret.empty() && known->value.secret != provider.secret)
    change.commit.deletes.push_back(sealed_secrets.key(secret_tail(std::string(provider_scope), known->value.secret)));
  // Logins that have begun by the settings of before end by this: it is what they are told apart by.
  provider.updated_ms = std::max(to_ms(call.now), known ? known->value.updated_ms + 1 : 0);
  provider.updated_by = call.who.text();
  change.commit.puts.push_back(store::providers.put(provider_key, provider));
  change.reply = json(summarise(view, provider));
  return change;
}

Result<Change> remove_sso(const Context&, const ClusterView& view, const Call&) {
  const auto* item = view.providers.find(provider_key);
  if (!item) return absent("provider", std::string(provider_key), "kontena client sso show");
  Change change{.reply = json(summarise(view, item->value)), .resource = item->value.issuer};
  change.commit.unchanged = {unchanged(store::providers, *item)};
  change.commit.deletes = {store::providers.key(provider_key)};
  if (!item->value.secret.empty())
    change.commit.deletes.push_back(sealed_secrets.key(secret_tail(std::string(provider_scope), item->value.secret)));
  // Sessions would be worth nothing from now on anyway: identity.cc asks for their provider.
  view.tokens.each("", [&](const auto& each) {
    const model::User* owner = view.users.get(each.value.owner);
    if (each.value.kind == model::TokenKind::session && owner && is_of(*owner, item->value))
      change.commit.deletes.push_back(store::tokens.key(each.key));
  });
  return change;
}

Status ask_for_login(Context& context, const View& view, Call& call) {
  KTN_TRY(const auto* item, find_provider(*view));
  // As with passwords: from one address not many that come to nothing.
  KTN_OK(context.logins.begin("sso " + call.from, call.from, context.clock.steady()));
  KTN_TRY(const Sso::As as, as_of(context, item->value));
  const std::string login = access::make_secret(context.ids.bytes(32)).reveal();
  KTN_TRY(const Sso::Begun begun, context.sso.begin(as, login, text::hex(context.ids.bytes(16))));
  call.fresh = codec::to_json(api::SsoBegun{.login = login,
                                            .user_code = begun.device.user_code,
                                            .url = begun.device.url,
                                            .full_url = begun.device.full_url,
                                            .wait_ms = begun.wait.count(),
                                            .lifetime_ms = begun.device.lifetime.count()});
  return Done{};
}

Result<Change> begin_login(const Context&, const ClusterView&, const Call& call) {
  return Change{.reply = {201, call.fresh}};  // nothing is written: whoever begins is nobody yet
}

Status ask_whether_done(Context& context, const View& view, Call& call) {
  KTN_TRY(const api::SsoWait asked, body_of<api::SsoWait>(call));
  if (asked.cancel) {
    context.sso.cancel(asked.login);
    call.fresh = codec::to_json(api::SsoState{.state = "cancelled"});
    return Done{};
  }
  KTN_TRY(const auto* item, find_provider(*view));
  KTN_TRY(const Sso::As as, as_of(context, item->value));
  KTN_TRY(const Sso::Waited waited, context.sso.wait(as, asked.login));
  if (!waited.person) {
    call.fresh = codec::to_json(api::SsoState{.state = "pending", .wait_ms = waited.wait.count()});
    return Done{};
  }
  context.logins.succeeded("sso " + call.from, call.from);
  const auto account = account_of(*view, item->value, *waited.person);
  if (!account) return account.error();
  call.proven = account->name;
  call.proof = codec::to_json(*waited.person);
  call.about = "users/" + account->name;
  call.fresh = std::to_string(item->revision);
  return Done{};
}

Result<Change> finish_login(const Context& context, const ClusterView& view, const Call& call) {
  if (call.proof.empty()) return Change{.reply = {200, call.fresh}};
  KTN_TRY(const api::SsoWait asked, body_of<api::SsoWait>(call));
  KTN_TRY(const Person person, codec::from_json<Person>(call.proof));
  KTN_TRY(const auto* item, find_provider(view));
  if (std::to_string(item->revision) != call.fresh) return changed_meanwhile();
  KTN_TRY(const Account account, account_of(view, item->value, person));
  if (account.name != call.proven) return changed_meanwhile();
  Change change;
  change.commit.unchanged = {unchanged(store::providers, *item),
                             {store::users.key(account.name), account.known ? account.known->revision : 0}};
  if (!account.known) {
    const model::User user{.name = account.name,
                           .outside = outside_of(item->value, person.subject),
                           .created_ms = to_ms(call.now),
                           .created_by = item->value.issuer};
    change.commit.puts = {store::users.put(user.name, user)};
    drop_belongings(view, user.name, change.commit);
  }
  const NewSession made = add_session(context, view, call,
                                      {.owner = account.name,
                                       .client = asked.client,
                                       .groups = person.groups,
                                       .lifetime = std::min(session_lifetime, Duration(item->value.session_ms))},
                                      change);
  change.reply = json(api::SsoState{.state = "done",
                                    .user = account.name,
                                    .token = made.token,
                                    .expires_ms = made.expires_ms,
                                    .groups = person.groups},
                      201);
  return change;
}

}  // namespace kontena::server
