// OTLP 1.x over HTTP with JSON: https://opentelemetry.io/docs/specs/otlp/ and opentelemetry/proto/logs/v1/logs.proto.
#include <tuple>

#include "encode.h"
#include "kontena/codec/json.h"

namespace kontena::forward {
namespace {

using codec::Element;

void add_attribute(Element list, const char* key, const std::string& value) {
  if (value.empty()) return;
  const Element attribute = codec::append(list);
  codec::put(codec::member(attribute, "key"), key);
  codec::put(codec::member(codec::member(attribute, "value"), "stringValue"), value);
}

// Names after the semantic conventions where they have one.
void add_resource(Element at, const Record& record) {
  const Element list = codec::member(codec::member(at, "resource"), "attributes");
  add_attribute(list, "service.namespace", record.stack);
  add_attribute(list, "service.name", record.service);
  add_attribute(list, "service.instance.id", record.instance);
  add_attribute(list, "host.name", record.node);
  add_attribute(list, "kontena.grid", record.grid);
  add_attribute(list, "kontena.project", record.project);
  add_attribute(list, "kontena.slot", std::to_string(record.slot));
}

bool of_one(const Record& a, const Record& b) {
  return std::tie(a.instance, a.node, a.service, a.stack, a.project, a.grid, a.slot) ==
         std::tie(b.instance, b.node, b.service, b.stack, b.project, b.grid, b.slot);
}

void add_record(Element list, const Record& record) {
  const Element at = codec::append(list);
  const std::string time = std::to_string(record.time_ns);
  codec::put(codec::member(at, "timeUnixNano"), time);  // 64-bit numbers are texts in protobuf's JSON
  codec::put(codec::member(at, "observedTimeUnixNano"), time);
  const bool error = record.level == Level::error, note = record.level == Level::note;
  codec::put(codec::member(at, "severityNumber"), std::int64_t{error ? 17 : note ? 13 : 9});
  codec::put(codec::member(at, "severityText"), error ? "ERROR" : note ? "WARN" : "INFO");
  codec::put(codec::member(codec::member(at, "body"), "stringValue"), record.text);
  const Element attributes = codec::member(at, "attributes");
  add_attribute(attributes, "log.iostream", error ? "stderr" : note ? "" : "stdout");
}

}  // namespace

std::string otlp_body(std::span<const Record> records) {
  codec::Document document;
  const Element resources = codec::member(document.root(), "resourceLogs");
  codec::make_array(resources);
  while (!records.empty()) {
    std::size_t alike = 1;
    while (alike < records.size() && of_one(records[0], records[alike])) ++alike;
    const Element resource = codec::append(resources);
    add_resource(resource, records[0]);
    const Element scope = codec::append(codec::member(resource, "scopeLogs"));
    codec::put(codec::member(codec::member(scope, "scope"), "name"), "kontena");
    const Element list = codec::member(scope, "logRecords");
    codec::make_array(list);
    for (const Record& record : records.first(alike)) add_record(list, record);
    records = records.subspan(alike);
  }
  return document.dump();
}

}  // namespace kontena::forward
