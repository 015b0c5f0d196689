// The audit trail: what is in it, who may read it, and that nobody can change it unseen.
#include <algorithm>

#include "controllers/audit_keeper.h"
#include "harness.h"
#include "kontena/store/trail.h"
#include "trail.h"

namespace kontena::server {
namespace {

using enum http::Method;

api::AuditList audit(World& world, const std::string& query = "", const std::string& token = "") {
  REQUIRE(world.refusals_.flush(*world.store_, world.clock_, true));
  return world.read<api::AuditList>(world.with_token(token.empty() ? world.admin_ : token, get, "/v1/audit" + query));
}

std::vector<api::AuditEntry> of_verb(const api::AuditList& list, std::string_view verb) {
  std::vector<api::AuditEntry> found;
  for (const auto& record : list.records)
    if (record.verb == verb) found.push_back(record);
  return found;
}

std::string digest_of(World& world, const std::string& key) {
  const auto entry = world.store_->get(key);
  REQUIRE(entry);
  return *entry ? crypto::sha256_hex((*entry)->value) : std::string();
}

Status verified(World& world) {
  std::int64_t records = 0;
  return verify_trail(*world.store_, world.authority_, world.clock_.now(), records);
}

// What is said of the trail after the entry was changed to another value; it is put back then.
std::string said_with(World& world, const store::Entry& entry, const std::string& value) {
  REQUIRE(world.store_->commit({.puts = {{entry.key, value}}}));
  const Status found = verified(world);
  REQUIRE(world.store_->commit({.puts = {{entry.key, entry.value}}}));
  return found ? std::string() : found.error().message;
}

std::vector<store::Entry> trail_of(World& world) {
  const auto listed = world.store_->list(store::trail_prefix);
  REQUIRE(listed);
  return listed->entries;
}

}  // namespace

TEST_CASE("a record tells who, by what, about what, and the digests before and after") {
  World world;
  REQUIRE(world.as_admin(put, "/v1/grids/blue").status == 201);
  const std::string made = digest_of(world, "grids/blue");
  REQUIRE(world.as_admin(post, "/v1/grids/blue/settings", R"({"lost_after_ms":5000})").status == 200);
  const std::string set = digest_of(world, "grids/blue");
  REQUIRE(world.as_admin(del, "/v1/grids/blue").status == 200);
  const auto list = audit(world, "?verb=grid.*");
  REQUIRE(list.records.size() == 3);
  const auto& [removed, changed, created] = std::tie(list.records[0], list.records[1], list.records[2]);
  CHECK(created.user == "admin");
  CHECK(created.token == "aaaaaaaaaaaa");
  CHECK(created.from == "10.0.0.1");
  CHECK(created.place == "blue");
  CHECK(created.record == "grids/blue");
  CHECK(created.before.empty());
  CHECK(created.after == made);
  CHECK(changed.before == made);
  CHECK(changed.after == set);
  CHECK(removed.before == set);
  CHECK(removed.after.empty());
  CHECK(created.number < changed.number);
}

TEST_CASE("who may read the audit of a project reads that, and nothing of another") {
  World world;
  REQUIRE(world.as_admin(put, "/v1/grids/default/projects/shop").status == 201);
  REQUIRE(world.as_admin(put, "/v1/grids/default/projects/bank").status == 201);
  const auto network = [&](const std::string& project) {
    return world.as_admin(post, "/v1/grids/default/projects/" + project + "/networks", R"({"name":"front"})").status;
  };
  REQUIRE(network("shop") == 200);
  REQUIRE(network("bank") == 200);
  const std::string ann = world.make_user("ann", "project-admin", "default/shop");
  const std::string eve = world.make_user("eve", "deployer", "default/shop");
  const auto list = audit(world, "", ann);
  CHECK(!list.records.empty());
  for (const auto& record : list.records) CHECK(record.place.starts_with("default/shop"));
  CHECK(of_verb(list, "network.create").size() == 1);
  CHECK(of_verb(audit(world), "network.create").size() == 2);
  CHECK(world.with_token(eve, get, "/v1/audit").status == 403);
  CHECK(world.with_token(ann, get, "/v1/audit/export").status == 403);
}

TEST_CASE("the audit is read in pages, each a part of it, and by who, what and when") {
  World world;
  for (int i = 0; i < 30; ++i) REQUIRE(world.as_admin(put, "/v1/grids/g" + std::to_string(i)).status == 201);
  std::vector<std::string> found;
  std::string before;
  do {
    const auto page = audit(world, "?verb=grid.create&limit=7" + before);
    for (const auto& record : page.records) found.push_back(record.resource);
    before = page.next == 0 ? "" : "&before=" + std::to_string(page.next);
  } while (!before.empty());
  CHECK(found.size() == 30);
  CHECK(found.front() == "g29");
  CHECK(audit(world, "?resource=g1*").records.size() == 11);
  CHECK(audit(world, "?user=nobody-of-this-name").records.empty());
  CHECK(audit(world, "?since_ms=" + std::to_string(to_ms(world.clock_.now()) + 1)).records.empty());
  CHECK(world.as_admin(get, "/v1/audit?limit=0").status == 400);
}

TEST_CASE("what is refused is counted together, and written by nobody's request") {
  World world;
  const std::string ann = world.make_user("ann", "viewer", "default/default");
  REQUIRE(world.with_token(ann, get, "/v1/grids").status == 200);
  audit(world);
  const std::int64_t before = world.store_->list("")->revision;
  for (int i = 0; i < 50; ++i) CHECK(world.with_token(ann, del, stack_url("shop")).status == 403);
  // There and not there look the same, and are noted the same.
  for (const char* project : {"bank", "nowhere"})
    CHECK(world.with_token(ann, put, std::string("/v1/grids/default/projects/") + project + "/stacks/x", "{}").status ==
          404);
  for (int i = 0; i < 500; ++i) CHECK(world.as_nobody(get, "/v1/grids").status == 401);
  CHECK(world.store_->list("")->revision == before);
  const auto list = audit(world);
  CHECK(world.store_->list("")->revision == before + 1);
  const auto removed = of_verb(list, "stack.remove");
  REQUIRE(removed.size() == 1);
  CHECK(removed[0].count == 50);
  CHECK(removed[0].outcome == "permission_denied");
  CHECK(removed[0].user == "ann");
  CHECK(removed[0].resource == stack_url("shop"));
  const auto deployed = of_verb(list, "stack.deploy");
  REQUIRE(deployed.size() == 2);
  for (const auto& record : deployed) CHECK(record.outcome == "not_found");
  const auto strangers = std::ranges::find(list.records, "nobody", &api::AuditEntry::who);
  REQUIRE(strangers != list.records.end());
  CHECK(strangers->count == 500);
}

TEST_CASE("a token's use from a new address is in the audit, once") {
  World world;
  const std::string ann = world.make_user("ann", "viewer", "");
  for (const char* from : {"10.1.1.1", "10.1.1.2", "10.1.1.1", "10.1.1.2"})
    world.send(get, "/v1/grids", "", {{"authorization", "Bearer " + ann}}, {from, "", ""});
  const auto used = of_verb(audit(world, "?user=ann"), "token.address");
  REQUIRE(used.size() == 2);
  for (const auto& record : used) CHECK(record.count == 1);
  CHECK(used[0].from != used[1].from);
}

TEST_CASE("one changed byte is found, whichever it is, and the record is named") {
  World world;
  for (int i = 0; i < 5; ++i) REQUIRE(world.as_admin(put, "/v1/grids/g" + std::to_string(i)).status == 201);
  REQUIRE(verified(world));
  const auto entries = trail_of(world);
  const store::Entry& third = entries.at(2);
  for (std::size_t at = 0; at < third.value.size(); ++at) {
    CAPTURE(at);
    std::string value = third.value;
    value[at] = static_cast<char>(value[at] ^ 1);
    CHECK(said_with(world, third, value).starts_with("record 3: "));
  }
  for (const std::string& value : {std::string(), third.value + ' ', third.value.substr(1), std::string("\n{}\n")})
    CHECK(said_with(world, third, value).starts_with("record 3: "));
  REQUIRE(verified(world));
  REQUIRE(world.store_->commit({.deletes = {third.key}}));
  CHECK(verified(world).error().message.starts_with("record 3: it is missing"));
}

TEST_CASE("a trail that was cut off or written anew is found by what was signed") {
  World world;
  AuditKeeper keeper(world.context_, Duration(0));
  for (int i = 0; i < 5; ++i) REQUIRE(world.as_admin(put, "/v1/grids/g" + std::to_string(i)).status == 201);
  keeper.tick();
  REQUIRE(world.store_->list("checkpoints/")->entries.size() == 1);
  REQUIRE(verified(world));
  const auto entries = trail_of(world);

  // By somebody who knows how, but does not have the key.
  store::Commit anew;
  crypto::Link at;
  for (const store::Entry& entry : entries) {
    std::string text(store::read_trail(entry)->text);
    if (const auto name = text.find("\"admin\""); name != std::string::npos) text.replace(name, 7, "\"gandi\"");
    at = crypto::link(at, text);
    anew.puts.push_back({entry.key, store::trail_value(at, text)});
  }
  store::Commit back;
  for (const store::Entry& entry : entries) back.puts.push_back({entry.key, entry.value});
  REQUIRE(world.store_->commit(anew));
  CHECK(verified(world).error().message.find("was written anew") != std::string::npos);
  REQUIRE(world.store_->commit(back));
  REQUIRE(verified(world));

  // An export made before tells of an end that is gone, whatever was done to the store.
  std::string exported;
  REQUIRE(write_trail(*world.store_, world.authority_, world.clock_.now(), [&](const std::string& line) {
    exported += line;
    return true;
  }));
  api::TrailReader before(world.authority_.own().certificate_pem);
  REQUIRE(before.feed(exported));
  REQUIRE(before.finish());
  World other;
  api::TrailReader reader("");
  reader.expect(*before.newest());
  Status read = Done{};
  REQUIRE(write_trail(*other.store_, world.authority_, world.clock_.now(), [&](const std::string& line) {
    read = reader.feed(line);
    return read.has_value();
  }));
  REQUIRE(!read);
  CHECK(read.error().message.find("cut off") != std::string::npos);

  api::TrailReader strange(other.authority_.own().certificate_pem);
  CHECK(!strange.feed(exported));
  for (const std::size_t size : {exported.size() - 1, exported.size() / 2, std::size_t{0}}) {
    api::TrailReader part("");
    const bool whole = part.feed(exported.substr(0, size)).has_value() && part.finish().has_value();
    CHECK(!whole);
  }
}

TEST_CASE("old records are cut off, signed, and the rest can be verified") {
  World world;
  AuditKeeper keeper(world.context_, std::chrono::hours(1));
  for (int i = 0; i < 20; ++i) REQUIRE(world.as_admin(put, "/v1/grids/g" + std::to_string(i)).status == 201);
  keeper.tick();
  world.clock_.advance(std::chrono::hours(2));
  for (int i = 0; i < 3; ++i) REQUIRE(world.as_admin(del, "/v1/grids/g" + std::to_string(i)).status == 200);
  const auto before = trail_of(world).size();
  keeper.tick();
  const auto entries = trail_of(world);
  CHECK(entries.size() == before - 20 - 1 + 1);  // and the token's first use; and the record of the cut
  REQUIRE(verified(world));
  const auto cut = of_verb(audit(world), "audit.cut");
  REQUIRE(cut.size() == 1);
  CHECK(cut[0].resource == "records 1 to 21");
  keeper.tick();
  CHECK(trail_of(world).size() == entries.size());

  // Nobody moves the cut without the key.
  const auto mark = world.store_->get("checkpoints/cut");
  auto moved = *store::checkpoints.read(**mark);
  moved.number += 1;
  REQUIRE(world.store_->commit({.puts = {store::checkpoints.put(cut_tail, moved)}, .deletes = {entries[0].key}}));
  CHECK(verified(world).error().message.find("not signed") != std::string::npos);
}

TEST_CASE("strangers have little room, one address less, and the rest is counted as others") {
  auto store = store::open_memory();
  const ManualClock clock;
  Refusals refusals({.known = 10, .strangers = 30, .of_one = 4});
  const auto note = [&](const std::string& from, int n, Refusals::Of of) {
    refusals.note({.at_ms = 1, .who = "w" + std::to_string(n), .from = from, .verb = "v", .outcome = "unauthenticated"},
                  of);
  };
  for (int i = 0; i < 100; ++i) note("10.0.0.1", i, Refusals::Of::stranger);
  for (int i = 0; i < 100; ++i) note("10.0.1." + std::to_string(i), i, Refusals::Of::stranger);
  for (int i = 0; i < 100; ++i) note("10.0.0.1", 1'000 + i, Refusals::Of::known);
  REQUIRE(refusals.flush(*store, clock));
  CHECK(store->list("")->revision == 1);
  const auto listed = store->list(store::trail_prefix);
  std::int64_t count = 0;
  for (const store::Entry& entry : listed->entries) count += store::read_audit(entry)->count;
  CHECK(count == 300);  // none is lost
  CHECK(listed->entries.size() <= 10 + 30 + 3);
}

TEST_CASE("what repeats is written once a minute, and what cannot be written stays") {
  auto store = store::open_memory();
  ManualClock clock;
  Refusals refusals;
  const auto note = [&] { refusals.note({.at_ms = to_ms(clock.now()), .who = "w", .verb = "v"}, Refusals::Of::known); };
  for (int second = 0; second < 180; ++second) {
    note();
    REQUIRE(refusals.flush(*store, clock));
    clock.advance(Duration(1'000));
  }
  CHECK(store->list(store::trail_prefix)->entries.size() == 3);
  REQUIRE(refusals.flush(*store, clock, true));
  const auto listed = store->list(store::trail_prefix);
  std::int64_t count = 0;
  for (const store::Entry& entry : listed->entries) count += store::read_audit(entry)->count;
  CHECK(count == 180);
}

}  // namespace kontena::server
