#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "kontena/codec/alert_fields.h"
#include "kontena/codec/fields.h"

// Rules that tell people by themselves, and where they tell it.
namespace kontena::api {

struct AlertFinding {  // what a rule has found
  std::string subject;
  std::string summary;
  bool firing = false;  // else it is over
  std::int64_t since_ms = 0;
  std::int64_t fired_ms = 0;
  std::int64_t resolved_ms = 0;
  std::string acked_by;
  std::vector<std::string> untold;  // webhooks that have not taken the newest of it yet
};
struct AlertEntry {
  std::string name;
  std::string when;  // the name of its kind
  std::string stack;
  std::string service;
  std::int64_t for_ms = 0;
  std::vector<std::string> webhooks;  // by name; none = all of its place
  std::int64_t silent_until_ms = 0;   // 0 = it is not silenced
  std::string silent_why;
  std::int64_t created_ms = 0;
  std::string created_by;
  std::int64_t limit = 0;             // percent, lines or milliseconds, as `when` has it
  std::string pattern;
  std::string of_stack;               // whose Compose file asks for it; "" = a command did
  std::string trouble;                // why it cannot find anything now
  std::vector<AlertFinding> findings;  // firing ones first
};
struct AlertList {  // GET grid_alerts, project_alerts
  std::vector<AlertEntry> alerts;
};
struct AlertRequest {  // PUT grid_alert, project_alert
  std::string when;
  std::string stack;
  std::string service;
  std::optional<std::int64_t> for_ms;  // none = as is usual for what it watches for
  std::vector<std::string> webhooks;
  std::optional<std::int64_t> limit;   // likewise; its unit is that of AlertEntry
  std::string pattern;                 // of a log
};
struct AlertAck {  // POST …_ack
  std::string subject;  // "" = all that the rule has found
};
struct AlertAcked {
  std::int64_t acked = 0;  // that were not before
};
struct AlertSilence {  // POST …_silence
  std::int64_t for_ms = 0;  // from now; 0 = no longer
  std::string why;
};
struct WebhookResult {
  std::string webhook;
  std::string error;  // "" = it has taken the notice
};
struct AlertTest {  // POST …_test
  std::vector<WebhookResult> results;
};

struct WebhookEntry {
  std::string name;
  std::string host;
  std::int64_t created_ms = 0;
  std::string created_by;
  std::string trouble;  // why the last notice was not taken; "" = it was, or there was none
};
struct WebhookList {  // GET grid_webhooks, project_webhooks
  std::vector<WebhookEntry> webhooks;
};
struct WebhookRequest {  // PUT grid_webhook, project_webhook
  std::string url;  // a secret, as many have a token in it
  std::string ca_pem;
};
struct WebhookMade {
  std::string name;
  std::string key;  // the secret: what notices are signed with, told this once
};

// What a webhook gets: POST, application/json. `kontena-signature: t=SECONDS,v1=HEX` is HMAC-SHA256, by the webhook's
// key, of "SECONDS.BODY". A notice may come twice, then with another id: when its alerts fired
// tells.
struct NoticeAlert {
  std::string alert;
  std::string when;
  std::string state;    // "firing", "resolved", "test"
  std::string subject;  // "shop/web", "n2"
  std::string summary;
  std::int64_t since_ms = 0;
  std::int64_t fired_ms = 0;
  std::int64_t resolved_ms = 0;
  std::string look;  // the command that looks further
};
struct Notice {
  std::string id;
  std::string text;  // all of it for people: what chat services show
  std::string grid;
  std::string project;  // "" = of the grid
  std::int64_t sent_ms = 0;
  std::vector<NoticeAlert> alerts;
};
inline constexpr std::string_view signature_header = "kontena-signature";

}  // namespace kontena::api

namespace kontena::codec {

template <>
struct Fields<api::AlertFinding> {
  static void visit(auto& v, auto& s) {
    v("subject", s.subject);
    v("summary", s.summary);
    v("firing", s.firing);
    v("since_ms", s.since_ms);
    v("fired_ms", s.fired_ms);
    v("resolved_ms", s.resolved_ms);
    v("acked_by", s.acked_by);
    v("untold", s.untold);
  }
};
template <>
struct Fields<api::AlertEntry> {
  static void visit(auto& v, auto& s) {
    v("name", s.name);
    v("when", s.when);
    v("stack", s.stack);
    v("service", s.service);
    v("for_ms", s.for_ms);
    v("webhooks", s.webhooks);
    v("silent_until_ms", s.silent_until_ms);
    v("silent_why", s.silent_why);
    v("created_ms", s.created_ms);
    v("created_by", s.created_by);
    v("limit", s.limit);
    v("pattern", s.pattern);
    v("of_stack", s.of_stack);
    v("trouble", s.trouble);
    v("findings", s.findings);
  }
};
template <>
struct Fields<api::AlertList> {
  static void visit(auto& v, auto& s) { v("alerts", s.alerts); }
};
template <>
struct Fields<api::AlertRequest> {
  static void visit(auto& v, auto& s) {
    v("when", s.when);
    v("stack", s.stack);
    v("service", s.service);
    v("for_ms", s.for_ms);
    v("webhooks", s.webhooks);
    v("limit", s.limit);
    v("pattern", s.pattern);
  }
};
template <>
struct Fields<api::AlertAck> {
  static void visit(auto& v, auto& s) { v("subject", s.subject); }
};
template <>
struct Fields<api::AlertAcked> {
  static void visit(auto& v, auto& s) { v("acked", s.acked); }
};
template <>
struct Fields<api::AlertSilence> {
  static void visit(auto& v, auto& s) {
    v("for_ms", s.for_ms);
    v("why", s.why);
  }
};
template <>
struct Fields<api::WebhookResult> {
  static void visit(auto& v, auto& s) {
    v("webhook", s.webhook);
    v("error", s.error);
  }
};
template <>
struct Fields<api::AlertTest> {
  static void visit(auto& v, auto& s) { v("results", s.results); }
};
template <>
struct Fields<api::WebhookEntry> {
  static void visit(auto& v, auto& s) {
    v("name", s.name);
    v("host", s.host);
    v("created_ms", s.created_ms);
    v("created_by", s.created_by);
    v("trouble", s.trouble);
  }
};
template <>
struct Fields<api::WebhookList> {
  static void visit(auto& v, auto& s) { v("webhooks", s.webhooks); }
};
template <>
struct Fields<api::WebhookRequest> {
  static void visit(auto& v, auto& s) {
    v("url", s.url);
    v("ca_pem", s.ca_pem);
  }
};
template <>
struct Fields<api::WebhookMade> {
  static void visit(auto& v, auto& s) {
    v("name", s.name);
    v("key", s.key);
  }
};
template <>
struct Fields<api::NoticeAlert> {
  static void visit(auto& v, auto& s) {
    v("alert", s.alert);
    v("when", s.when);
    v("state", s.state);
    v("subject", s.subject);
    v("summary", s.summary);
    v("since_ms", s.since_ms);
    v("fired_ms", s.fired_ms);
    v("resolved_ms", s.resolved_ms);
    v("look", s.look);
  }
};
template <>
struct Fields<api::Notice> {
  static void visit(auto& v, auto& s) {
    v("id", s.id);
    v("text", s.text);
    v("grid", s.grid);
    v("project", s.project);
    v("sent_ms", s.sent_ms);
    v("alerts", s.alerts);
  }
};

}  // namespace kontena::codec
