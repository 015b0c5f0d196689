#include "bootstrap.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <set>

#include "kontena/access/token.h"
#include "kontena/base/files.h"
#include "kontena/base/log.h"
#include "kontena/base/text.h"
#include "kontena/crypto/digest.h"
#include "kontena/store/tables.h"

namespace kontena::server {
namespace {

constexpr Duration authority_lifetime = std::chrono::hours(24 * 365 * 20);

std::string at(const std::string& folder, std::string_view file) { return folder + '/' + std::string(file); }

// Both halves, or neither: the key is written first, so that a certificate without
// its key is damage and not a start that was cut off.
Result<std::optional<pki::KeyPair>> load_pair(const std::string& folder, const std::string& name) {
  if (!files::exists(at(folder, name + ".pem"))) return std::optional<pki::KeyPair>();
  KTN_OK(files::check_private(at(folder, name + ".key"), "the key"));
  KTN_TRY(std::string certificate, files::read(at(folder, name + ".pem")));
  KTN_TRY(std::string key, files::read(at(folder, name + ".key")));
  return std::optional(pki::KeyPair{std::move(certificate), Redacted(std::move(key))});
}

Status save_pair(const std::string& folder, const std::string& name, const pki::KeyPair& pair) {
  KTN_OK(files::write(at(folder, name + ".key"), pair.key_pem.reveal(), 0600));
  return files::write(at(folder, name + ".pem"), pair.certificate_pem, 0644);
}

// A token's file is written before its record: a start that was cut off between
// them finds the file and keeps the secret that somebody may have read already.
Result<model::Token> first_token(const std::string& path, model::TokenKind kind, const std::string& description,
                                 const pki::Authority& authority, IdSource& ids, Time now) {
  model::Token token{.kind = kind, .description = description, .created_ms = to_ms(now), .created_by = "first start"};
  if (kind == model::TokenKind::join) token.grid = "default";
  if (files::exists(path)) {
    KTN_TRY(const std::string text, files::read(path, 4096));
    const auto known = access::parse_token(text);
    if (!known || known->fingerprint != authority.fingerprint())
      return Error{Code::failed_precondition, "'" + path + "' holds no token of this server", "move it away and start again"};
    token.id = known->id;
    token.secret_digest = crypto::sha256_hex(known->secret.reveal());
    return token;
  }
  const access::TokenText text{authority.fingerprint(), TokenId(ids.id()), access::make_secret(ids.bytes(32))};
  KTN_OK(files::write(path, access::format(text) + '\n', 0600));
  token.id = text.id;
  token.secret_digest = crypto::sha256_hex(text.secret.reveal());
  return token;
}

}  // namespace

Status make_data_dir(const std::string& data_dir) {
  KTN_OK(files::make_folder(data_dir, 0700));
  struct stat found {};
  if (::stat(data_dir.c_str(), &found) == 0 && (found.st_mode & 077) != 0)
    return Error{Code::failed_precondition, "the data directory '" + data_dir + "' can be entered by others", "chmod 700 " + data_dir};
  if (::access(data_dir.c_str(), W_OK) != 0)
    return Error{Code::failed_precondition, "the data directory '" + data_dir + "' cannot be written", "choose another with --data-dir, or run as its owner"};
  return Done{};
}

Result<files::Lock> lock_data_dir(const std::string& data_dir) {
  auto lock = files::Lock::take(at(data_dir, "lock"));
  if (!lock && lock.error().code == Code::conflict)
    return Error{Code::conflict, "another server runs on the data directory '" + data_dir + "'",
                 "stop it first, or choose another with --data-dir"};
  return lock;
}

Result<pki::Authority> open_authority(const std::string& data_dir, Time now) {
  KTN_TRY(const auto known, load_pair(data_dir, "ca"));
  if (known) return pki::Authority::load(*known);
  if (files::exists(at(data_dir, "db")))
    return Error{Code::failed_precondition, "'" + at(data_dir, "ca.pem") + "' is missing, but there is a database",
                 "put back ca.pem and ca.key from a backup: nodes and tokens trust no other authority"};
  KTN_TRY(pki::Authority authority, pki::Authority::create("kontena", now, authority_lifetime));
  KTN_OK(save_pair(data_dir, "ca", authority.own()));
  log::info("made a certificate authority", {{"fingerprint", authority.fingerprint()}});
  return authority;
}

Result<pki::KeyPair> open_certificate(const std::string& data_dir, const pki::Authority& authority,
                                      const std::vector<std::string>& names, Time now, Duration lifetime) {
  // One that a crash has left without its key, or that cannot be read, is made anew:
  // nobody remembers a server's certificate, only its authority.
  const auto known = load_pair(data_dir, "server");
  if (known && *known && pki::belong_together(**known)) {
    const auto facts = pki::read_certificate((*known)->certificate_pem);
    const std::set<std::string> wanted(names.begin(), names.end());
    const bool fits = facts && std::set<std::string>(facts->names.begin(), facts->names.end()) == wanted;
    if (fits && now >= facts->not_before && now < pki::renewal_due(*facts, lifetime)) return **known;
  }
  KTN_TRY(pki::KeyPair pair, authority.issue_server(names, now, lifetime));
  KTN_OK(save_certificate(data_dir, pair));
  log::info("made a server certificate", {{"names", text::join(names, ",")}});
  return pair;
}

Status save_certificate(const std::string& data_dir, const pki::KeyPair& pair) {
  return save_pair(data_dir, "server", pair);
}

Status make_first_records(const std::string& data_dir, store::Store& store, const pki::Authority& authority, IdSource& ids, Time now) {
  KTN_TRY(const auto started, store.get("meta/first_start"));
  if (started) return Done{};
  KTN_TRY(const model::Token admin, first_token(at(data_dir, "admin.token"), model::TokenKind::access, "the first administrator's", authority, ids, now));
  KTN_TRY(const model::Token join, first_token(at(data_dir, "join.token"), model::TokenKind::join, "the first join token", authority, ids, now));
  store::Commit commit;
  commit.puts = {{"meta/first_start", text::rfc3339(now)},
                 store::grids.put("default", {"default", to_ms(now)}),
                 store::projects.put("default/default", {"default", "default", to_ms(now)}),
                 store::tokens.put(*admin.id, admin),
                 store::tokens.put(*join.id, join)};
  auto committed = store.commit(commit);
  if (!committed) return std::move(committed).error();
  log::info("first start", {{"admin_token", at(data_dir, "admin.token")}, {"join_token", at(data_dir, "join.token")}});
  return Done{};
}

}  // namespace kontena::server
