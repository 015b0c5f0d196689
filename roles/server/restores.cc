#include "restores.h"

#include <algorithm>

#include "kontena/codec/json.h"
#include "kontena/store/table.h"

namespace kontena::server {
namespace {

struct Record {
  Restores restores;
};

}  // namespace
}  // namespace kontena::server

namespace kontena::codec {
template <>
struct Fields<server::LostFuture> {
  static void visit(auto& v, auto& s) {
    v("backup_ms", s.backup_ms);
    v("restored_ms", s.restored_ms);
  }
};
template <>
struct Fields<server::Record> {
  static void visit(auto& v, auto& s) { v("restores", s.restores); }
};
}  // namespace kontena::codec

namespace kontena::server {

std::string write_restores(const Restores& restores) {
  return store::frame_record(codec::to_json(Record{restores}));
}

Result<Restores> read_restores(const std::string& record) {
  if (record.empty()) return Restores{};
  KTN_TRY(const auto json, store::unframe_record(restores_key, record));
  auto read = codec::from_json<Record>(json);
  if (!read) return Error{Code::corrupt, std::string("record '") + restores_key + "': " + read.error().message};
  return std::move(read->restores);
}

bool in_lost_future(const Restores& restores, std::int64_t made_ms) {
  return std::ranges::any_of(restores, [&](const LostFuture& lost) {
    // Certificates have their times in whole seconds.
    return made_ms >= lost.backup_ms - 1'000 && made_ms <= lost.restored_ms;
  });
}

}  // namespace kontena::server
