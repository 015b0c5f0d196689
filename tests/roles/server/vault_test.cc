// Values under data keys, these under the master key: tampering, wrong and lost keys, and a reseal that is broken off anywhere.
#include <fstream>

#include <doctest/doctest.h>

#include "kontena/base/files.h"
#include "kontena/base/text.h"
#include "kontena/crypto/seal.h"
#include "kontena/store/open.h"
#include "reseal.h"
#include "support/temp_folder.h"

namespace kontena::server {
namespace {

const std::string scope = "default/shop";

// Fails each commit from the nth on, as a process that is killed makes none.
class Broken final : public store::Store {
 public:
  Broken(store::Store& store, int good) : store_(store), good_(good) {}
  Result<std::optional<store::Entry>> get(std::string_view key) override { return store_.get(key); }
  Result<store::Listing> list(std::string_view prefix) override { return store_.list(prefix); }
  Result<std::vector<store::Entry>> page(std::string_view prefix, std::string_view after, std::size_t limit, bool back) override {
    return store_.page(prefix, after, limit, back);
  }
  Result<std::unique_ptr<store::Snapshot>> snapshot() override { return store_.snapshot(); }
  Result<store::Revision> commit(const store::Commit& commit) override {
    if (good_-- <= 0) return Error{Code::unavailable, "killed"};
    return store_.commit(commit);
  }
  Result<std::vector<store::Changed>> changes(store::Revision after, std::size_t limit, Duration timeout) override {
    return store_.changes(after, limit, timeout);
  }
  Result<crypto::Link> trail() override { return store_.trail(); }
  void close() override { store_.close(); }

 private:
  store::Store& store_;
  int good_;
};

// A server's disk, and its life until the next start.
struct Disk {
  TempFolder folder;
  std::unique_ptr<store::Store> store = store::open_memory();
  SystemIds ids;
  std::map<std::string, std::string> values;  // by digest

  std::vector<MasterSource> file() { return {{.kind = "file", .path = key_file(folder.path()), .passphrase = {}}}; }
  std::vector<MasterSource> with_passphrase(const std::string& text) {
    auto sources = file();
    sources.insert(sources.begin(), {.kind = "passphrase", .path = {}, .passphrase = Redacted(text)});
    return sources;
  }
  Vault start(const std::vector<MasterSource>& sources) {
    auto vault = open_vault(*store, sources, ids, Time{});
    REQUIRE(vault);
    return *std::move(vault);
  }
  Vault start() { return start(file()); }
  void put(const Vault& vault, const std::string& name, const std::string& value) {
    const auto sealing = vault.seal(scope, name, Redacted(value), Time{}, ids);
    REQUIRE(sealing);
    REQUIRE(store->commit({.unchanged = {sealing->keyring}, .puts = {sealing->put}}));
    values[sealing->digest] = value;
  }
  Result<Redacted> get(const Vault& vault, const std::string& digest) {
    const auto entry = store->get(sealed_secrets.key(secret_tail(scope, digest)));
    REQUIRE(entry);
    REQUIRE(*entry);
    const auto secret = sealed_secrets.read(**entry);
    REQUIRE(secret);
    return vault.open(scope, digest, *secret);
  }
  bool all_read(const Vault& vault) {
    for (const auto& [digest, value] : values) {
      const auto text = get(vault, digest);
      if (!text || text->reveal() != value) return false;
    }
    return true;
  }
  ResealNeeds needs(store::Store& on, const Vault& vault) { return {on, vault, ids, Time{}, key_file(folder.path())}; }
  NewMaster another(const std::string& passphrase = "") {
    if (passphrase.empty()) return {"file", Redacted(ids.bytes(32)), ""};
    const std::string salt = text::base64(ids.bytes(16));
    return {"passphrase", derive_master(Redacted(passphrase), salt), salt};
  }
};

std::string digest_of(const Vault& vault, const std::string& of, const std::string& name, const Redacted& value) {
  const auto digest = vault.digest(of, name, value);
  REQUIRE(digest);
  return *digest;
}

}  // namespace

TEST_CASE("what is sealed is read again after a restart, and is nowhere as it is") {
  Disk disk;
  {
    const Vault vault = disk.start();
    disk.put(vault, "", "hush of a deploy");
    disk.put(vault, "secret db", "hush of the store");
    CHECK(digest_of(vault, scope, "", Redacted("x")) == digest_of(vault, scope, "", Redacted("x")));
    CHECK(digest_of(vault, scope, "secret db", Redacted("x")) != digest_of(vault, scope, "", Redacted("x")));
    CHECK(digest_of(vault, scope, "secret db", Redacted("x")) != digest_of(vault, scope, "secret b", Redacted("x")));
    // What a deploy brings is no way to try out values of the store.
    CHECK(digest_of(vault, scope, "", Redacted(std::string("secret db") + '\0' + "x")) !=
          digest_of(vault, scope, "secret db", Redacted("x")));
  }
  const Vault vault = disk.start();
  CHECK(disk.all_read(vault));
  const auto listed = disk.store->list("");
  REQUIRE(listed);
  for (const auto& entry : listed->entries) CHECK(entry.value.find("hush") == std::string::npos);
}

TEST_CASE("what was altered, or is somebody else's, does not open") {
  Disk disk;
  const Vault vault = disk.start();
  const auto sealing = vault.seal(scope, "secret db", Redacted("hush"), Time{}, disk.ids);
  REQUIRE(sealing);
  const auto secret = sealed_secrets.read({sealing->put.key, sealing->put.value, 0});
  REQUIRE(secret);
  REQUIRE(vault.open(scope, sealing->digest, *secret));
  for (std::string SealedSecret::*part : {&SealedSecret::sealed, &SealedSecret::key}) {
    const std::string bytes = text::unbase64(*secret.*part).value_or("");
    for (std::size_t at = 0; at < bytes.size(); ++at) {
      SealedSecret altered = *secret;
      std::string other = bytes;
      other[at] = static_cast<char>(other[at] ^ 1);
      altered.*part = text::base64(other);
      CHECK_FALSE(vault.open(scope, sealing->digest, altered));
    }
  }
  SealedSecret other = *secret;
  other.name = "secret web";
  CHECK_FALSE(vault.open(scope, sealing->digest, other));
  CHECK_FALSE(vault.open("default/bank", sealing->digest, *secret));
  other = *secret;
  other.master = "0000000000000000";
  CHECK(vault.open(scope, sealing->digest, other).error().message.find("0000000000000000") != std::string::npos);
}

TEST_CASE("what was sealed before there were data keys is read, and sealed anew") {
  Disk disk;
  const Redacted master(disk.ids.bytes(32));
  REQUIRE(files::write(key_file(disk.folder.path()), text::base64(master.reveal()) + '\n', 0600));
  const std::string naming = crypto::hmac_sha256(master.reveal(), "kontena secrets: name");
  const std::string digest = "sha256:" + text::hex(crypto::hmac_sha256(naming, scope + '\0' + "hush"));
  const std::string tail = secret_tail(scope, digest);
  const std::string by = crypto::hmac_sha256(master.reveal(), "kontena secrets: seal");
  const SealedSecret old{.sealed = text::base64(crypto::seal(by, disk.ids.bytes(12), Redacted("hush"), tail)), .put_ms = 1};
  REQUIRE(disk.store->commit({.puts = {sealed_secrets.put(tail, old)}}));
  disk.values[digest] = "hush";
  const Vault vault = disk.start();
  CHECK(disk.all_read(vault));
  CHECK(digest_of(vault, scope, "", Redacted("hush")) == digest);
  REQUIRE(reseal(disk.needs(*disk.store, vault), disk.another()));
  CHECK(disk.all_read(vault));
  CHECK(disk.all_read(disk.start()));
}

TEST_CASE("a lost key, a damaged one and another one lock the vault, say so, and are put right by the old one") {
  Disk disk;
  disk.put(disk.start(), "secret db", "hush");
  const std::string path = key_file(disk.folder.path()), kept = *files::read(path);
  const auto locked = [&](const std::string& why) {
    const Vault vault = disk.start();
    REQUIRE(vault.trouble());
    CHECK(vault.trouble()->message.find(why) != std::string::npos);
    CHECK(vault.trouble()->hint.find("--lost") != std::string::npos);
    CHECK(vault.seal(scope, "", Redacted("x"), Time{}, disk.ids).error().code == Code::failed_precondition);
    CHECK_FALSE(vault.digest(scope, "", Redacted("x")));
    CHECK_FALSE(reseal(disk.needs(*disk.store, vault), disk.another()));
  };
  REQUIRE(files::remove(path));
  locked("there is no file");
  CHECK_FALSE(files::exists(path));  // none is made in its place
  REQUIRE(files::write(path, text::base64(disk.ids.bytes(32)), 0600));
  locked("is another key");
  REQUIRE(files::write(path, "rubbish", 0600));
  locked("is damaged");
  REQUIRE(files::write(path, kept, 0644));
  locked("others");
  REQUIRE(files::write(path, kept, 0600));
  CHECK(disk.all_read(disk.start()));
}

TEST_CASE("a lost key can be given up: what it sealed stays lost, and the rest begins anew") {
  Disk disk;
  disk.put(disk.start(), "secret db", "hush");
  REQUIRE(files::remove(key_file(disk.folder.path())));
  const std::string lost = disk.values.begin()->first;
  disk.values.clear();
  {
    const Vault vault = disk.start();
    const auto given_up = give_up(disk.needs(*disk.store, vault), disk.another());
    REQUIRE(given_up);
    CHECK(given_up->given_up == 1);
    CHECK_FALSE(vault.trouble());
    CHECK_FALSE(disk.get(vault, lost));
    disk.put(vault, "secret db", "again");
    CHECK_FALSE(give_up(disk.needs(*disk.store, vault), disk.another()));  // it is not lost now
  }
  const Vault vault = disk.start();
  CHECK(disk.all_read(vault));
  REQUIRE(reseal(disk.needs(*disk.store, vault), disk.another()));  // past what cannot be read
  CHECK(disk.all_read(disk.start()));
}

TEST_CASE("a passphrase is the only way in where it is the master key") {
  Disk disk;
  const auto good = disk.with_passphrase("correct horse battery");
  disk.put(disk.start(good), "secret db", "hush");
  CHECK(disk.all_read(disk.start(good)));
  CHECK_FALSE(files::exists(key_file(disk.folder.path())));
  CHECK(disk.start(disk.with_passphrase("incorrect horse")).trouble()->message.find("the passphrase is another key") != std::string::npos);
  CHECK(disk.start().trouble()->hint.find("--passphrase-file") != std::string::npos);
}

TEST_CASE("after a reseal the old key is worth nothing") {
  Disk disk;
  const std::string path = key_file(disk.folder.path());
  Vault vault = disk.start();
  for (int i = 0; i < 200; ++i) disk.put(vault, "secret " + std::to_string(i), "hush " + std::to_string(i));
  const std::string old = *files::read(path);
  const auto before = digest_of(vault, scope, "secret 1", Redacted("x"));
  const auto done = reseal(disk.needs(*disk.store, vault), disk.another());
  REQUIRE(done);
  CHECK(done->resealed == 200);
  CHECK(disk.all_read(vault));
  CHECK(digest_of(vault, scope, "secret 1", Redacted("x")) == before);  // no service sees a change
  CHECK(*files::read(path) != old);
  CHECK(disk.all_read(disk.start()));
  REQUIRE(files::write(path, old, 0600));
  CHECK(disk.start().trouble());
}

TEST_CASE("a reseal to a passphrase, and back to a file") {
  Disk disk;
  Vault vault = disk.start();
  disk.put(vault, "secret db", "hush");
  REQUIRE(reseal(disk.needs(*disk.store, vault), disk.another("correct horse battery")));
  CHECK_FALSE(files::exists(key_file(disk.folder.path())));
  CHECK(disk.start().trouble());
  Vault later = disk.start(disk.with_passphrase("correct horse battery"));
  CHECK(disk.all_read(later));
  REQUIRE(reseal(disk.needs(*disk.store, later), disk.another()));
  CHECK(disk.all_read(disk.start()));
  CHECK(disk.all_read(disk.start(disk.with_passphrase("correct horse battery"))));  // not needed any more
}

TEST_CASE("a reseal that is killed after any of its commits leaves all readable, with the old key or the new one") {
  for (const bool to_passphrase : {false, true}) {
    for (int good = 0; good < 8; ++good) {
      CAPTURE(good);
      CAPTURE(to_passphrase);
      Disk disk;
      const std::string path = key_file(disk.folder.path());
      Vault vault = disk.start();
      for (int i = 0; i < 150; ++i) disk.put(vault, "secret " + std::to_string(i), "hush " + std::to_string(i));
      const std::string old = *files::read(path);
      Broken broken(*disk.store, good);
      const auto fresh = disk.another(to_passphrase ? "correct horse battery" : "");
      const bool whole = reseal(disk.needs(broken, vault), fresh).has_value();
      CHECK(whole == (good >= 5));  // both keys, three pages, one key
      CHECK(disk.all_read(vault));
      // With what the key's file has now, or with the new passphrase.
      const auto now = to_passphrase && good > 0 ? disk.with_passphrase("correct horse battery") : disk.file();
      if (!whole && good > 0) {
        // The old file, as a host that was lost before it was written has it. This ends the reseal.
        REQUIRE(files::write(path, old, 0600));
        CHECK(disk.all_read(disk.start()));
        if (!to_passphrase) CHECK(*files::read(path) != old);
      }
      const Vault after = disk.start(now);
      CHECK(disk.all_read(after));
      CHECK(after.keys()->masters.size() == 1);
      REQUIRE(reseal(disk.needs(*disk.store, after), disk.another()));
      CHECK(disk.all_read(disk.start()));
    }
  }
}

TEST_CASE("who sealed under the old key does not get it into the store after the reseal") {
  Disk disk;
  const Vault vault = disk.start();
  const auto slow = vault.seal(scope, "secret db", Redacted("hush"), Time{}, disk.ids);
  REQUIRE(slow);
  REQUIRE(reseal(disk.needs(*disk.store, vault), disk.another()));
  const auto late = disk.store->commit({.unchanged = {slow->keyring}, .puts = {slow->put}});
  REQUIRE_FALSE(late);
  CHECK(late.error().code == Code::conflict);
}

TEST_CASE("where a passphrase or a key comes from") {
  TempFolder folder;
  const auto none = [](std::string_view) { return std::optional<std::string>(); };
  REQUIRE(files::write(folder / "pass", "correct horse battery\nmore\n", 0600));
  auto sources = master_sources(folder.path(), folder / "pass", none);
  REQUIRE(sources);
  REQUIRE(sources->size() == 2);
  CHECK(sources->front().passphrase.reveal() == "correct horse battery");
  REQUIRE(files::write(folder / "open", "correct horse battery\n", 0644));
  CHECK_FALSE(master_sources(folder.path(), folder / "open", none));
  REQUIRE(files::write(folder / "short", "short\n", 0600));
  CHECK_FALSE(master_sources(folder.path(), folder / "short", none));
  CHECK_FALSE(master_sources(folder.path(), "fd:x", none));
  CHECK_FALSE(master_sources(folder.path(), "fd:9999", none));
  CHECK(parse_master(std::string(32, 'k'))->reveal() == std::string(32, 'k'));
  CHECK(parse_master(text::base64(std::string(32, 'k')) + '\n')->reveal() == std::string(32, 'k'));
  CHECK_FALSE(parse_master("short"));
  REQUIRE(files::write(folder / std::string(credential_name), text::base64(std::string(32, 'c')), 0600));
  const auto given = [&](std::string_view name) {
    return name == "CREDENTIALS_DIRECTORY" ? std::optional<std::string>(folder.path()) : std::nullopt;
  };
  sources = master_sources(folder.path(), "", given);
  REQUIRE(sources);
  CHECK(sources->front().kind == "credential");
  SystemIds ids;
  const auto store = store::open_memory();
  CHECK(open_vault(*store, *sources, ids, Time{})->keys()->kind == "credential");
  CHECK_FALSE(files::exists(key_file(folder.path())));
}

}  // namespace kontena::server
