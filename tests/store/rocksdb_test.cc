// What the RocksDB store keeps, and what it refuses to open.
#include <doctest/doctest.h>
#include <rocksdb/db.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <map>

#include "../../src/store/rocksdb_database.h"
#include "backends.h"
#include "kontena/base/files.h"
#include "kontena/base/log.h"

namespace kontena::store {
namespace {

namespace fs = std::filesystem;

std::unique_ptr<Store> open(const std::string& folder) {
  auto store = open_rocksdb(folder);
  if (!store) FAIL(store.error().message);
  return *std::move(store);
}

// Damage is expected here: what RocksDB logs about it is not for the reader of the test.
struct Quiet {
  Quiet() { log::set_level(static_cast<log::Level>(4)); }
  ~Quiet() { log::set_level(log::Level::info); }
};

std::string largest(const std::string& folder, const std::string& extension) {
  std::string found;
  for (const auto& file : fs::directory_iterator(folder))
    if (file.path().extension() == extension && (found.empty() || file.file_size() > fs::file_size(found)))
      found = file.path();
  REQUIRE(!found.empty());
  return found;
}

void change_file(const std::string& path, const std::function<void(std::string&)>& change) {
  auto content = files::read(path);
  REQUIRE(content);
  change(*content);
  REQUIRE(files::write(path, *content, 0600));
}

void write_raw(const std::string& folder, std::string_view key, std::string_view value) {
  rocksdb::Options options;
  options.create_if_missing = true;
  rocksdb::DB* db = nullptr;
  REQUIRE(rocksdb::DB::Open(options, folder, &db).ok());
  REQUIRE(db->Put({}, slice(key), slice(value)).ok());
  delete db;
}

Error refused(const std::string& folder) {
  const auto store = open_rocksdb(folder);
  REQUIRE(!store);
  return store.error();
}

}  // namespace

TEST_CASE("a database opened again has all that was written, and goes on from its revision") {
  const TempFolder folder;
  Revision last = 0;
  for (int round = 0; round < 3; ++round) {
    const auto store = open(folder / "deep/er/db");
    CHECK(store->list("")->revision == last);
    CHECK(store->list("k/")->entries.size() == static_cast<std::size_t>(last));
    if (last > 0) CHECK(store->changes(last - 1, 1, Duration(0)).error().code == Code::expired);
    CHECK(store->changes(last, 1, Duration(0))->empty());
    for (int i = 0; i < 10; ++i) {
      const auto number = std::to_string(last + 1);
      CHECK(must(store->commit({{{"k/" + number, 0}}, {{"k/" + number, number}}, {}})) == last + 1);
      ++last;
    }
    CHECK(store->get("k/" + std::to_string(last))->value().revision == last);
  }
}

TEST_CASE("only its owner can look into the folder of a database") {
  const TempFolder folder;
  const auto store = open(folder / "db");
  CHECK((fs::status(folder / "db").permissions() & fs::perms::mask) == fs::perms::owner_all);
}

TEST_CASE("a database that is open cannot be opened again") {
  const Quiet quiet;
  const TempFolder folder;
  const auto store = open(folder / "db");
  const auto error = refused(folder / "db");
  CHECK(error.code == Code::failed_precondition);
  CHECK(error.message == "the database in '" + folder / "db" + "' is in use by another process");
  CHECK(put(*store, "a", "1") == 1);
}

TEST_CASE("a database of a newer format is refused, and both formats are named") {
  const TempFolder folder;
  { const auto store = open(folder / "db"); }
  write_raw(folder / "db", format_key, "7");
  const auto error = refused(folder / "db");
  CHECK(error.code == Code::unsupported);
  CHECK(error.message == "the database in '" + folder / "db" + "' has format 7, this version of kontena reads up to 1");
  write_raw(folder / "db", format_key, "new");
  CHECK(refused(folder / "db").code == Code::corrupt);
}

TEST_CASE("a database that is not ours is left alone") {
  const TempFolder folder;
  write_raw(folder / "db", "somebody's", "data");
  const auto error = refused(folder / "db");
  CHECK(error.code == Code::failed_precondition);
  CHECK(error.message == "the database in '" + folder / "db" + "' is not one of kontena's");
}

TEST_CASE("a folder that cannot be made is named") {
  const TempFolder folder;
  REQUIRE(files::write(folder / "file", "", 0600));
  CHECK(refused(folder / "file").message.find(folder / "file") != std::string::npos);
  CHECK(refused(folder / "file/db").message.find(folder / "file") != std::string::npos);
}

TEST_CASE("a value without a revision is corrupt, and its key is named; among others it is empty") {
  const TempFolder folder;
  { put(*open(folder / "db"), "a", "1"); }
  write_raw(folder / "db", "bad", "short");
  const auto store = open(folder / "db");
  const auto got = store->get("bad");
  REQUIRE(!got);
  CHECK(got.error().code == Code::corrupt);
  CHECK(got.error().message.find("key 'bad' has no revision") != std::string::npos);
  for (const auto& entries : {store->list("")->entries, *store->page("", "", 9, false), *(*store->snapshot())->next(99)}) {
    REQUIRE(entries.size() == 2);
    CHECK(entries[1].key == "bad");
    CHECK(entries[1].value.empty());
    CHECK(entries[1].revision == 0);
  }
  CHECK(store->commit({{{"bad", 1}}, {{"c", "1"}}, {}}).error().code == Code::corrupt);
  CHECK(store->get("a")->value().value == "1");
  CHECK(put(*store, "bad", "mended") == 2);
}

TEST_CASE("a database that is made for a copy goes on after the revision it is given") {
  const TempFolder folder;
  {
    const auto made = make_rocksdb(folder / "db", 1'000'000);
    REQUIRE(made);
    CHECK((*made)->list("")->revision == 1'000'000);
    CHECK(put(**made, "a", "1") == 1'000'001);
    CHECK((*made)->changes(1'000'000, 9, Duration(0))->size() == 1);
    CHECK((*made)->changes(7, 9, Duration(0)).error().code == Code::expired);
  }
  CHECK(open(folder / "db")->list("")->revision == 1'000'001);
  CHECK(make_rocksdb(folder / "db", 1).error().code == Code::failed_precondition);
}

TEST_CASE("a database can be looked at without a trace") {
  const TempFolder folder;
  CHECK(open_rocksdb_to_read(folder / "db").error().code == Code::not_found);
  CHECK_FALSE(fs::exists(folder / "db"));
  { put(*open(folder / "db"), "a", "1"); }
  const auto files = [&] {
    std::map<std::string, fs::file_time_type> found;
    for (const auto& file : fs::directory_iterator(folder / "db")) found[file.path()] = file.last_write_time();
    return found;
  };
  const auto before = files();
  {
    const auto store = open_rocksdb_to_read(folder / "db");
    REQUIRE(store);
    CHECK((*store)->get("a")->value().value == "1");
    CHECK((*store)->list("")->revision == 1);
    CHECK((*store)->commit({{}, {{"b", "1"}}, {}}).error().code == Code::failed_precondition);
    CHECK(check_rocksdb_files(folder / "db"));
  }
  CHECK(files() == before);
}

TEST_CASE("a file with a bit that has changed is named") {
  const Quiet quiet;
  const TempFolder folder;
  {
    const auto store = open(folder / "db");
    for (int i = 0; i < 200; ++i) put(*store, "a/" + std::to_string(i), std::string(100, static_cast<char>('a' + i % 26)));
  }
  { const auto store = open(folder / "db"); }  // its log becomes a table
  const auto table = largest(folder / "db", ".sst");
  {
    std::fstream file(table, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(100);
    file.put('\xff');
  }
  const auto checked = check_rocksdb_files(folder / "db");
  REQUIRE_FALSE(checked);
  CHECK(checked.error().code == Code::corrupt);
  CHECK(checked.error().message.find(fs::path(table).filename()) != std::string::npos);
}

TEST_CASE("a log cut off anywhere opens with a beginning of what was written, in order and whole") {
  const Quiet quiet;
  const TempFolder folder;
  constexpr int commits = 20;
  {
    const auto store = open(folder / "db");
    for (int i = 1; i <= commits; ++i)
      must(store->commit(
          {{}, {{"a/" + std::to_string(i), "x"}, {"b/" + std::to_string(i), std::string(100, 'y')}}, {}}));
  }
  const auto size = fs::file_size(largest(folder / "db", ".log"));
  Revision most = 0;
  for (std::uintmax_t keep = 0; keep <= size; keep += 1 + size / 50) {
    CAPTURE(keep);
    const auto copy = folder / ("cut-" + std::to_string(keep));
    fs::copy(folder / "db", copy, fs::copy_options::recursive);
    fs::resize_file(largest(copy, ".log"), keep);
    const auto store = open_rocksdb(copy);
    if (!store) FAIL(store.error().message);
    const Revision revision = (*store)->list("")->revision;
    CHECK(revision >= most);
    most = revision;
    CHECK((*store)->list("a/")->entries.size() == static_cast<std::size_t>(revision));
    CHECK((*store)->list("b/")->entries.size() == static_cast<std::size_t>(revision));
    CHECK(put(**store, "more", "") == revision + 1);
  }
  CHECK(most >= commits - 1);
}

TEST_CASE("a log with garbage in its midst is corrupt, and not opened without what followed") {
  const Quiet quiet;
  const TempFolder folder;
  {
    const auto store = open(folder / "db");
    for (int i = 1; i <= 20; ++i) put(*store, "a/" + std::to_string(i), std::string(100, 'x'));
  }
  const auto log = largest(folder / "db", ".log");
  change_file(log, [](std::string& content) { content.replace(content.size() / 2, 5, "wrong"); });
  const auto error = refused(folder / "db");
  CHECK(error.code == Code::corrupt);
  CHECK(error.message.find(log) != std::string::npos);
}

TEST_CASE("a table file with garbage in it is corrupt, and named") {
  const Quiet quiet;
  const TempFolder folder;
  {
    const auto store = open(folder / "db");
    for (int i = 1; i <= 20; ++i) put(*store, "a/" + std::to_string(i), std::string(100, 'x'));
  }
  { const auto store = open(folder / "db"); }  // writes the log out into a table
  const auto table = largest(folder / "db", ".sst");
  change_file(table, [](std::string& content) { content.replace(50, 5, "wrong"); });
  const auto store = open_rocksdb(folder / "db");
  const auto error = store ? (*store)->list("").error() : store.error();
  CHECK(error.code == Code::corrupt);
  CHECK(error.message.find(table) != std::string::npos);
}

TEST_CASE("a table file that is gone is named when the database is opened") {
  const Quiet quiet;
  const TempFolder folder;
  { put(*open(folder / "db"), "a", "1"); }
  { const auto store = open(folder / "db"); }
  const auto table = largest(folder / "db", ".sst");
  fs::remove(table);
  const auto error = refused(folder / "db");
  CHECK(error.code == Code::corrupt);
  CHECK(error.message.find(fs::path(table).stem()) != std::string::npos);
}

}  // namespace kontena::store
