#include "reseal.h"

#include "kontena/base/files.h"
#include "kontena/base/log.h"
#include "kontena/base/text.h"

namespace kontena::server {
namespace {

constexpr std::size_t page = 64;
constexpr std::size_t most_bytes = 1u << 20;  // of a commit
constexpr int most_passes = 20;

Result<std::pair<Keyring, std::int64_t>> keyring_of(store::Store& store) {
  KTN_TRY(const auto known, store.get(keyrings.key(keyring_tail)));
  if (!known) return Error{Code::not_found, "there is no record of the master key of secrets"};
  KTN_TRY(Keyring ring, keyrings.read(*known));
  return std::pair(std::move(ring), known->revision);
}

// Where the key in use comes from a file, that has it before any other is forgotten.
Status put_file(const ResealNeeds& needs, const Vault::Keys& keys) {
  if (needs.key_file.empty() || keys.kind != "file") return Done{};
  return files::write(needs.key_file, text::base64(keys.masters.at(keys.id).reveal()) + '\n', 0600);
}

struct Pass {
  std::int64_t done = 0;
  std::int64_t left = 0;  // others' writes were in the way
  std::int64_t lost = 0;  // cannot be read by any key there is
};

Status write(const ResealNeeds& needs, const store::Commit& commit, Pass& pass) {
  if (commit.puts.empty()) return Done{};
  const auto put = needs.store.commit(commit);
  if (!put && put.error().code != Code::conflict) return put.error();
  (put ? pass.done : pass.left) += static_cast<std::int64_t>(commit.puts.size());
  return Done{};
}

Result<Pass> pass(const ResealNeeds& needs, const Vault::Keys& keys) {
  Pass pass;
  for (std::string after;;) {
    KTN_TRY(const auto entries, needs.store.page(sealed_secrets.key(""), after, page, false));
    if (entries.empty()) return pass;
    after = entries.back().key;
    store::Commit commit;
    std::size_t bytes = 0;
    for (const store::Entry& entry : entries) {
      const auto secret = sealed_secrets.read(entry);
      if (secret && secret->master == keys.id) continue;
      const std::string tail = entry.key.substr(sealed_secrets.name.size() + 1);
      const auto anew = secret ? needs.vault.sealed_anew(tail, *secret, needs.ids) : Result<SealedSecret>(secret.error());
      if (!anew) {
        ++pass.lost;
        continue;
      }
      commit.unchanged.push_back({entry.key, entry.revision});
      commit.puts.push_back(sealed_secrets.put(tail, *anew));
      bytes += entry.value.size();
      if (bytes > most_bytes) {
        KTN_OK(write(needs, std::exchange(commit, {}), pass));
        bytes = 0;
      }
    }
    KTN_OK(write(needs, std::move(commit), pass));
  }
}

class Turn {
 public:
  explicit Turn(const Vault& vault) : vault_(vault), mine_(vault.begin_reseal()) {}
  ~Turn() {
    if (mine_) vault_.end_reseal();
  }
  Turn(const Turn&) = delete;
  Status got() const {
    if (mine_) return Done{};
    return Error{Code::conflict, "secrets are being sealed under another master key already", "kontena client secret key"};
  }

 private:
  const Vault& vault_;
  const bool mine_;
};

Master master_of(const NewMaster& fresh, const Redacted& naming, const ResealNeeds& needs) {
  return {.id = master_id(fresh.key),
          .kind = fresh.kind,
          .salt = fresh.salt,
          .naming = seal_key(fresh.key, naming, about_naming, needs.ids),
          .created_ms = to_ms(needs.now)};
}

}  // namespace

Result<std::int64_t> finish_reseal(const ResealNeeds& needs) {
  KTN_TRY(Vault::Keys keys, needs.vault.keys());
  KTN_OK(put_file(needs, keys));
  std::int64_t done = 0;
  for (int tries = 1;; ++tries) {
    KTN_TRY(const Pass last, pass(needs, keys));
    done += last.done;
    if (last.left > 0 && tries < most_passes) continue;
    if (last.left > 0)
      return Error{Code::conflict, "too much is written to be sealed anew", "it goes on when the server starts, or by another reseal"};
    if (last.lost > 0) log::warn("sealed records cannot be read, and stay as they are", {{"count", last.lost}});
    break;
  }
  // Whoever seals meanwhile does so under the new key: their commit rests on the keyring with both.
  KTN_TRY(auto known, keyring_of(needs.store));
  auto& [ring, revision] = known;
  ring.masters.resize(1);
  ring.masters[0].other.clear();
  KTN_TRY(keys.revision, needs.store.commit({.unchanged = {{keyrings.key(keyring_tail), revision}},
                                             .puts = {keyrings.put(keyring_tail, ring)}}));
  std::erase_if(keys.masters, [&](const auto& each) { return each.first != keys.id; });
  needs.vault.use(keys);
  // An old key that is of use to nobody but thieves of backups.
  if (!needs.key_file.empty() && keys.kind != "file") KTN_OK(files::remove(needs.key_file));
  log::info("secrets are sealed under a new master key", {{"key", keys.id}, {"kind", keys.kind}, {"records", done}});
  return done;
}

Result<api::ResealAnswer> reseal(const ResealNeeds& needs, const NewMaster& fresh) {
  const Turn turn(needs.vault);
  KTN_OK(turn.got());
  KTN_TRY(Vault::Keys keys, needs.vault.keys());
  KTN_TRY(auto known, keyring_of(needs.store));
  auto& [ring, revision] = known;
  if (ring.masters.size() == 2) KTN_OK(finish_reseal(needs));  // what an earlier one has left
  if (ring.masters.size() == 2) {
    KTN_TRY(keys, needs.vault.keys());
    KTN_TRY(known, keyring_of(needs.store));
  }
  const std::string id = master_id(fresh.key);
  if (id == keys.id) return Error{Code::already_exists, "secrets are sealed under this master key already"};
  const Redacted& old = keys.masters.at(keys.id);
  Master now = master_of(fresh, keys.naming, needs), before = ring.masters[0];
  now.other = seal_key(fresh.key, old, about_other, needs.ids);
  before.other = seal_key(old, fresh.key, about_other, needs.ids);
  ring.masters = {now, before};
  KTN_TRY(keys.revision, needs.store.commit({.unchanged = {{keyrings.key(keyring_tail), revision}},
                                             .puts = {keyrings.put(keyring_tail, ring)}}));
  keys.kind = fresh.kind;
  keys.id = id;
  keys.masters[id] = fresh.key;
  needs.vault.use(keys);
  KTN_TRY(const std::int64_t done, finish_reseal(needs));
  return api::ResealAnswer{.kind = fresh.kind, .id = id, .resealed = done};
}

Result<api::ResealAnswer> give_up(const ResealNeeds& needs, const NewMaster& fresh) {
  const Turn turn(needs.vault);
  KTN_OK(turn.got());
  if (!needs.vault.trouble())
    return Error{Code::failed_precondition, "the master key is not lost: the server has it", "kontena client secret reseal"};
  KTN_TRY(const auto known, needs.store.get(keyrings.key(keyring_tail)));
  Vault::Keys keys{.kind = fresh.kind, .id = master_id(fresh.key), .masters = {{master_id(fresh.key), fresh.key}}};
  keys.naming = Redacted(needs.ids.bytes(32));
  std::int64_t lost = 0;
  for (std::string after;;) {
    KTN_TRY(const auto entries, needs.store.page(sealed_secrets.key(""), after, page, false));
    if (entries.empty()) break;
    after = entries.back().key;
    lost += static_cast<std::int64_t>(entries.size());
  }
  // The file first: a keyring whose key is nowhere would be the same loss again.
  KTN_OK(put_file(needs, keys));
  const Keyring ring{{master_of(fresh, keys.naming, needs)}};
  KTN_TRY(keys.revision, needs.store.commit({.unchanged = {{keyrings.key(keyring_tail), known ? known->revision : 0}},
                                             .puts = {keyrings.put(keyring_tail, ring)}}));
  needs.vault.use(std::move(keys));
  log::warn("the master key was given up: what it sealed is lost", {{"records", lost}});
  return api::ResealAnswer{.kind = fresh.kind, .id = ring.masters[0].id, .given_up = lost};
}

}  // namespace kontena::server
