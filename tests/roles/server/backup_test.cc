// A backup, what is made of it, and what a check finds.
#include <algorithm>
#include <filesystem>

#include "bootstrap.h"
#include "check.h"
#include "harness.h"
#include "kontena/api/backup.h"
#include "kontena/base/files.h"
#include "restore.h"
#include "support/temp_folder.h"

namespace kontena::server {
namespace {

using enum http::Method;

struct Text final : http::Writer {
  std::string text;
  std::size_t most = 1u << 30;
  bool write(std::string_view bytes) override { return text += bytes, text.size() < most; }
};

std::string backup_of(World& world) {
  const auto answer = world.as_admin(get, std::string(api::paths::backup));
  REQUIRE(answer.status == 200);
  Text text;
  answer.stream(text);
  return text.text;
}

// The backup's bytes, in pieces.
Pieces pieces(const std::string& text) {
  return [text, at = std::size_t{0}]() mutable -> Result<std::string> {
    std::string piece = text.substr(at, 1000);
    at += piece.size();
    return piece;
  };
}

bool empty(const std::string& folder) {
  for (const auto& entry : std::filesystem::directory_iterator(folder))
    if (entry.path().filename() != "lock") return false;
  return true;
}

std::map<std::string, std::string> records(store::Store& store) {
  std::map<std::string, std::string> found;
  const auto listing = store.list("");
  REQUIRE(listing);
  for (const auto& entry : listing->entries) found[entry.key] = entry.value;
  return found;
}

}  // namespace

TEST_CASE("a backup is the administrator's alone, and leaves a trace before a byte of it is given") {
  World world;
  const auto node = world.join("n1");
  CHECK(world.as_nobody(get, "/v1/backup").status == 401);
  CHECK(world.with_token(world.join_, get, "/v1/backup").status == 401);
  CHECK(world.as_node(node, get, "/v1/backup").status == 403);
  REQUIRE(world.refusals_.flush(*world.store_, world.clock_));
  const auto trail = world.read<api::AuditList>(world.as_admin(get, "/v1/audit"));
  const auto has = [](const api::AuditList& list, const std::string& outcome) {
    return std::ranges::any_of(list.records, [&](const model::AuditRecord& record) {
      return record.verb == "backup.read" && record.outcome == outcome;
    });
  };
  CHECK(has(trail, "permission_denied"));
  const std::string text = backup_of(world);
  const auto after = world.read<api::AuditList>(world.as_admin(get, "/v1/audit"));
  CHECK(has(after, "ok"));
  CHECK(text.find(world.authority_.own().key_pem.reveal()) != std::string::npos);
}

TEST_CASE("what is restored is what there was, under the same authority, far ahead of any revision there was") {
  World world;
  const auto node = world.join("n1");
  REQUIRE(world.as_admin(put, stack_url("shop"), deploy_body({service("web", 2)})).status == 200);
  world.settle();
  world.obey(node);
  const auto before = records(*world.store_);
  const std::string text = backup_of(world);
  const TempFolder folder;
  SystemIds ids;
  const auto done = restore(folder / "data", pieces(text), ids, world.clock_.now());
  REQUIRE_MESSAGE(done, done.error().message);
  CHECK(done->records == static_cast<std::int64_t>(before.size()) + 1);  // and the trace of the backup
  CHECK(done->revision >= world.views_.now()->revision + 1'000'000'000);
  CHECK(files::check_private(folder / "data/ca.key", "the key"));
  const auto authority = open_authority(folder / "data", world.clock_.now());
  REQUIRE(authority);
  CHECK(authority->fingerprint() == world.authority_.fingerprint());

  const auto store = store::open_rocksdb(folder / "data/db");
  REQUIRE(store);
  auto after = records(**store);
  for (const auto& [key, value] : before) CHECK_MESSAGE(after[key] == value, key);
  CHECK(check_store(**store).findings.empty());
  const auto remembered = (*store)->get(restores_key);
  REQUIRE(remembered);
  REQUIRE(*remembered);
  const auto restores = read_restores((*remembered)->value);
  REQUIRE(restores);
  CHECK(restores->size() == 1);

  // Whoever asks from a revision of the future that was lost is told all there is.
  const model::ClusterView view = *store::load_view(**store);
  Views views(**store);
  REQUIRE(views.load());
  CHECK_FALSE(views.removals("default/" + node.id, world.views_.now()->revision + 5'000));
  CHECK(view.instances.size() == 2);
}

TEST_CASE("a restored store's revisions are ahead of every other restore's of the same backup") {
  const Time now = from_ms(1'795'000'000'000);
  CHECK(revision_after_restore(100, now) > revision_after_restore(100, now - Duration(1)) + 900);
  CHECK(revision_after_restore(5'000'000'000'000'000, now) == 5'000'001'000'000'000);
  CHECK(revision_after_restore(100, Time{}) == 1'000'000'100);
}

TEST_CASE("a directory in use is not restored into; a backup that is damaged leaves it empty") {
  World world;
  const std::string text = backup_of(world);
  const TempFolder folder;
  SystemIds ids;
  const auto attempt = [&](const std::string& data, const std::string& with) {
    return restore(folder / data, pieces(with), ids, world.clock_.now());
  };
  std::string altered = text;
  altered[altered.size() / 2] ^= 1;
  for (const std::string& wrong : {altered, text.substr(0, text.size() - 5), std::string("hello\n"), std::string()}) {
    const auto done = attempt("data", wrong);
    REQUIRE_FALSE(done);
    CHECK(done.error().code == Code::corrupt);
    CHECK(empty(folder / "data"));
  }
  REQUIRE(attempt("data", text));
  CHECK(attempt("data", text).error().code == Code::already_exists);
  REQUIRE(files::make_folder(folder / "other", 0700));
  REQUIRE(files::write(folder / "other/mine.txt", "", 0600));
  CHECK(attempt("other", text).error().message.find("mine.txt") != std::string::npos);
  const auto lock = lock_data_dir(folder / "data");
  REQUIRE(lock);
  CHECK(attempt("data", text).error().code == Code::conflict);
}

TEST_CASE("a restore that was killed leaves what no server starts on, and the next one takes") {
  World world;
  const std::string text = backup_of(world);
  const TempFolder folder;
  SystemIds ids;
  const std::string data = folder / "data";
  // As a kill in the midst leaves it: a marker, a part of a database, half of the files.
  REQUIRE(restore(data, pieces(text), ids, world.clock_.now()));
  std::filesystem::remove(data + "/ca.pem");
  REQUIRE(files::write(data + "/restoring", "", 0600));
  CHECK(restore_unfinished(data));
  REQUIRE(restore(data, pieces(text), ids, world.clock_.now()));
  CHECK_FALSE(restore_unfinished(data));
  CHECK(open_authority(data, world.clock_.now()));
}

TEST_CASE("a check names each record that cannot be read, or that refers to what is not there") {
  World world;
  const auto node = world.join("n1");
  REQUIRE(world.as_admin(put, stack_url("shop"), deploy_body({service("web", 2)})).status == 200);
  world.settle();
  world.obey(node);
  CHECK(check_store(*world.store_).findings.empty());
  const auto instance = world.store_->list("instances/")->entries[0];
  store::Commit commit;
  commit.puts = {{"services/default/default/shop/web", "1 {"}, {"strange/key", "1 {}"}, {"audit/1/x", "rubbish"}};
  commit.deletes = {"nodes/default/" + node.id, instance.key};
  REQUIRE(world.store_->commit(commit));
  const Checked checked = check_store(*world.store_);
  const auto has = [&](const std::string& key, const std::string& what) {
    return std::ranges::any_of(checked.findings, [&](const Finding& f) { return f.key == key && f.what.find(what) != std::string::npos; });
  };
  CHECK(has("services/default/default/shop/web", "not JSON"));
  CHECK(has("strange/key", "no table"));
  CHECK(has("audit/1/x", "no format"));
  CHECK(has("facts/default/" + node.id, "'nodes/default/" + node.id + "'"));
  CHECK(has("statuses" + instance.key.substr(instance.key.find('/')), "not there"));
  CHECK(checked.findings.size() == 6);  // and the other instance misses its node
}

}  // namespace kontena::server
