// The demo page's own texts, its language switch, and the cards that start a chat.

const TEXTS = {
  zh: {
    skip: "跳到正文",
    eyebrow: "客户服务",
    title: "有什么可以帮您？",
    lead: "订单、账单、预约、工单、产品问题，直接在对话框里说就行，中文、英文都可以，也可以发图片。需要真人时，说一声就为您转接。",
    topicOrder: "查询订单",
    topicOrderMore: "订单号加手机后四位",
    topicHours: "服务时间",
    topicHoursMore: "人工客服何时在线",
    topicPerson: "转人工客服",
    topicPersonMore: "为您找到合适的同事",
    how: "背后是怎么运作的",
    how1: "智能助手先回答",
    how1More: "听得懂中文和英文，直接查到真实的订单数据。",
    how2: "Switchyard 为您找人",
    how2More: "按技能、语言和排队顺序，把您转给最合适的同事。",
    how3: "不用重复说一遍",
    how3More: "同事一接入就能看到整段对话和已核实的信息。",
    footer: "这是 Switchyard 的演示页面，公司、客户和订单均为虚构。",
  },
  en: {
    skip: "Skip to the content",
    eyebrow: "Customer service",
    title: "How can we help you today?",
    lead: "Orders, bills, appointments, tickets, products: just write it in the chat, in English or in Chinese, or send a picture. Whenever you would rather talk to a person, say so.",
    topicOrder: "Track an order",
    topicOrderMore: "Order number and last four digits of your phone",
    topicHours: "Opening hours",
    topicHoursMore: "When our people are there",
    topicPerson: "Talk to a person",
    topicPersonMore: "We find the right colleague for you",
    how: "What happens behind the scenes",
    how1: "The assistant answers first",
    how1More: "It understands Chinese and English, and looks into the real order.",
    how2: "Switchyard finds your colleague",
    how2More: "By skill, language and turn, it passes you to whoever helps you best.",
    how3: "Nobody asks you twice",
    how3More: "Your colleague sees the conversation and what was verified already.",
    footer: "A demonstration of Switchyard. The company, its customers and their orders are invented.",
  },
};

const SAY = {
  zh: { order: "我的订单到哪里了？", hours: "你们的服务时间是几点到几点？", person: "我要转人工客服" },
  en: { order: "Where is my order?", hours: "What are your opening hours?", person: "I would like to talk to a person" },
};

let company = { zh: "枢纽家居", en: "Switchyard Home" };
let language = "en";

function show(chosen) {
  language = chosen;
  const texts = { ...TEXTS[language], company: company[language] };
  document.documentElement.lang = language;
  document.title = company[language];
  for (const element of document.querySelectorAll("[data-text]")) {
    element.textContent = texts[element.dataset.text] ?? "";
  }
  for (const button of document.querySelectorAll("[data-language]")) {
    button.setAttribute("aria-pressed", String(button.dataset.language === language));
  }
}

function startingLanguage() {
  const query = new URLSearchParams(location.search);
  const asked = query.get("language") ?? query.get("lang") ?? sessionStorage.getItem("switchyard.language");
  if (asked in TEXTS) return asked;
  return navigator.language.toLowerCase().startsWith("zh") ? "zh" : "en";
}

for (const button of document.querySelectorAll("[data-language]")) {
  button.addEventListener("click", () => {
    window.dispatchEvent(new CustomEvent("switchyard:language", { detail: button.dataset.language }));
  });
}

for (const button of document.querySelectorAll("[data-say]")) {
  button.addEventListener("click", () => {
    window.dispatchEvent(new CustomEvent("switchyard:say", { detail: SAY[language][button.dataset.say] }));
  });
}

window.addEventListener("switchyard:language", (event) => show(event.detail));
show(startingLanguage());

const response = await fetch("/demo.json");
if (response.ok) {
  company = (await response.json()).company;
  show(language);
}
