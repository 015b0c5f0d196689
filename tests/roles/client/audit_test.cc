#include <doctest/doctest.h>

#include "canned.h"
#include "kontena/api/audit.h"
#include "kontena/api/trail.h"
#include "kontena/base/files.h"

namespace kontena::client {
namespace {

const pki::Authority& authority() {
  static const pki::Authority made = *pki::Authority::create("test", Time{}, std::chrono::hours(24 * 3650));
  return made;
}

std::string exported(int records, std::int64_t signed_to = 0) {
  const std::string& pem = authority().own().certificate_pem;
  crypto::Link at;
  std::string lines, checkpoint;
  for (int i = 1; i <= records; ++i) {
    const std::string text = R"(1 {"verb":"grid.create","resource":"g)" + std::to_string(i) + R"("})";
    at = crypto::link(at, text);
    lines += api::trail_record(at, text);
    if (i == signed_to)
      checkpoint = api::trail_checkpoint(*api::sign_checkpoint(authority(), at, Time{}, api::Signed::checkpoint));
  }
  return api::trail_head(Time{}, pem, std::nullopt) + checkpoint + lines +
         api::trail_end(*api::sign_checkpoint(authority(), at, Time{}, api::Signed::checkpoint));
}

const std::string path = "GET /v1/audit/export";

}  // namespace

TEST_CASE("an export is verified as it comes, and alone") {
  canned::World world;
  world.authority = authority().own().certificate_pem;
  world.answer(path, exported(5, 3));
  const auto done = world.run({"audit", "export", "trail.jsonl"});
  CHECK_MESSAGE(done.status == 0, done.err);
  CHECK(done.err.find("5 records, verified") != std::string::npos);
  const auto alone = world.run({"audit", "verify", "--file", "trail.jsonl", "--json"});
  CHECK_MESSAGE(alone.status == 0, alone.err);
  CHECK(alone.out.find("\"records\": 5") != std::string::npos);
  CHECK(alone.out.find("\"checkpoints\": 1") != std::string::npos);
  CHECK(world.run({"audit", "verify"}).status == 0);
  CHECK(world.run({"audit", "export", "trail.jsonl"}).status != 0);  // it is there already
}

TEST_CASE("a changed record is named, and a broken export is not kept") {
  canned::World world;
  world.authority = authority().own().certificate_pem;
  std::string changed = exported(5);
  changed.replace(changed.find("\"g4\""), 4, "\"gX\"");
  world.answer(path, changed);
  const auto done = world.run({"audit", "export", "trail.jsonl"});
  CHECK(done.status == 1);
  CHECK(done.err.find("record 4: it is not as it was written") != std::string::npos);
  CHECK_FALSE(files::exists(world.folder + "/trail.jsonl"));
  CHECK(world.run({"audit", "verify"}).err.find("record 4") != std::string::npos);
}

TEST_CASE("an earlier export shows that the end was cut off, and nothing where all of it is there") {
  canned::World world;
  world.authority = authority().own().certificate_pem;
  REQUIRE(files::write(world.folder + "/early.jsonl", exported(5), 0600));
  world.answer(path, exported(7));
  CHECK(world.run({"audit", "verify", "--against", "early.jsonl"}).status == 0);
  canned::World cut;
  cut.authority = authority().own().certificate_pem;
  REQUIRE(files::write(cut.folder + "/early.jsonl", exported(5), 0600));
  cut.answer(path, exported(4));
  const auto found = cut.run({"audit", "verify", "--against", "early.jsonl"});
  CHECK(found.status == 1);
  CHECK(found.err.find("the end was cut off") != std::string::npos);
}

TEST_CASE("the audit is asked for page by page, and by what is wanted of it") {
  canned::World world;
  world.authority = authority().own().certificate_pem;
  const auto page = [](std::int64_t from, std::int64_t next) {
    api::AuditList list{.next = next};
    for (std::int64_t number = from; number > next && number > 0; --number)
      list.records.push_back(
          {{.verb = "grid.create", .outcome = "ok", .request = "r" + std::to_string(number)}, number});
    return list;
  };
  world.answer_with("GET /v1/audit?limit=1000&user=ann&verb=grid.%2A", page(1500, 500));
  world.answer_with("GET /v1/audit?before=500&limit=200&user=ann&verb=grid.%2A", page(499, 299));
  const auto list = world.run({"audit", "ls", "--user", "ann", "--verb", "grid.*", "--limit", "1200", "-q"});
  CHECK_MESSAGE(list.status == 0, list.err);
  CHECK(list.out.starts_with("r300\n"));
  CHECK(list.out.ends_with("r1500\n"));
}

}  // namespace kontena::client
