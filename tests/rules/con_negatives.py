# ruff: noqa: E501  (Chinese characters count twice; breaking these sentences would hide them)
"""Texts that contamination searches are known to flag though no evaluation item leaked.

Each case is an item and a text that shares much with it: a famous passage, a licence, a formula, a statute, a stem, a
template. Speeches and poems are in the public domain; licence passages are quoted; statutes are not protected.
The sources of several are the false positives listed in marin-community/marin issues 6852 and 7126.
"""

from __future__ import annotations

from dataclasses import dataclass

from governance.benchmarks.suite import RawItem
from tests.rules.con_search import Conversation, asked, item, listed

GETTYSBURG = (
    "Four score and seven years ago our fathers brought forth on this continent, a new nation, conceived in "
    "Liberty, and dedicated to the proposition that all men are created equal. Now we are engaged in a great civil "
    "war, testing whether that nation, or any nation so conceived and so dedicated, can long endure. We are met on a "
    "great battle-field of that war. We have come to dedicate a portion of that field, as a final resting place for "
    "those who here gave their lives that that nation might live."
)
DREAM = (
    "I have a dream that one day this nation will rise up and live out the true meaning of its creed: we hold these "
    "truths to be self-evident, that all men are created equal."
)
INDEPENDENCE = (
    "We hold these truths to be self-evident, that all men are created equal, that they are endowed by their Creator "
    "with certain unalienable Rights, that among these are Life, Liberty and the pursuit of Happiness."
)
INAUGURAL = (
    "So, first of all, let me assert my firm belief that the only thing we have to fear is fear itself, nameless, "
    "unreasoning, unjustified terror which paralyzes needed efforts to convert retreat into advance."
)
ROAD = (
    "Two roads diverged in a yellow wood, And sorry I could not travel both And be one traveler, long I stood And "
    "looked down one as far as I could To where it bent in the undergrowth;"
)
HAMLET = (
    "To be, or not to be, that is the question: Whether 'tis nobler in the mind to suffer The slings and arrows of "
    "outrageous fortune, Or to take arms against a sea of troubles And by opposing end them."
)
TALE = (
    "It was the best of times, it was the worst of times, it was the age of wisdom, it was the age of foolishness, it "
    "was the epoch of belief, it was the epoch of incredulity."
)
CHIBI = "大江东去，浪淘尽，千古风流人物。故垒西边，人道是，三国周郎赤壁。乱石穿空，惊涛拍岸，卷起千堆雪。"
MIT = (
    "Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated "
    'documentation files (the "Software"), to deal in the Software without restriction, including without '
    "limitation the rights to use, copy, modify, merge, publish, distribute, sublicense, and/or sell copies of the "
    "Software."
)
APACHE = (
    "Unless required by applicable law or agreed to in writing, software distributed under the License is "
    'distributed on an "AS IS" BASIS, WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.'
)
GPL = (
    "This program is free software: you can redistribute it and/or modify it under the terms of the GNU General "
    "Public License as published by the Free Software Foundation, either version 3 of the License, or (at your "
    "option) any later version."
)
COMPANY_42 = "有限责任公司由一个以上五十个以下股东出资设立。"
COMPANY_15 = (
    "公司向其他企业投资或者为他人提供担保，按照公司章程的规定，由董事会或者股东会决议；公司章程对投资或者担保的总额及单项投资或者担保的"
    "数额有限额规定的，不得超过规定的限额。"
)
SECURITIES_9 = (
    "公开发行证券，必须符合法律、行政法规规定的条件，并依法报经国务院证券监督管理机构或者国务院授权的部门注册。"
    "未经依法注册，任何单位和个人不得公开发行证券。"
)
SECURITIES_53 = "证券交易内幕信息的知情人和非法获取内幕信息的人，在内幕信息公开前，不得买卖该公司的证券，或者泄露该信息，或者建议他人买卖该证券。"
TEN_B_5 = (
    "It shall be unlawful for any person, directly or indirectly, by the use of any means or instrumentality of "
    "interstate commerce, to employ any device, scheme, or artifice to defraud, in connection with the purchase or "
    "sale of any security."
)
ASSET = "资产是指企业过去的交易或者事项形成的、由企业拥有或者控制的、预期会给企业带来经济利益的资源。"
DISCLAIMER = "投资有风险，入市需谨慎。本文不构成任何投资建议，投资者据此操作，风险自担。"
TEMPLATE = "你是一名专业的金融分析师。请阅读下面的问题，从给出的选项中选择正确的一项，只输出选项字母，不要输出其他内容。"
EXAM = ("资产", "负债", "收入", "费用")


@dataclass(frozen=True)
class Case:
    """An item, a text that does not hold it, and optionally one that does.

    Attributes:
        leak: a twin in which the item really leaked; the search has to find it.
    """

    name: str
    item: RawItem
    text: Conversation
    leak: Conversation | None = None


def _passage(name: str, passage: str, ask: str, *options: str, text: str = "") -> Case:
    """An item that quotes a passage and asks about it; the text quotes the passage too."""
    question = f"{passage}\n{ask}"
    quoted = (
        text or f"Here is a text that everyone should know by heart.\n\n{passage}\n\nIt is often recited."
    )
    return Case(name, item(question, *options), quoted, asked(listed(question, *options)))


def _context(name: str, passage: str, ask: str, *options: str) -> Case:
    """An item with the passage as context."""
    leak = asked(passage + "\n" + listed(ask, *options))
    return Case(name, item(ask, *options, context=passage), f"Notes for class.\n{passage}\nEnd.", leak)


CASES = (
    _passage("gettysburg address", GETTYSBURG, "Which event does the speaker commemorate in this address?",
             "a battle", "a treaty", "an election", "a coronation"),
    _context("gettysburg as context", GETTYSBURG, "What is the main idea of the passage?",
             "a nation must live up to its ideals", "war is inevitable", "land is scarce", "history repeats"),
    Case("gettysburg, another question about it",
         item("What is the main idea of the passage?", "ideals endure", "war is inevitable", "land is scarce",
              context=GETTYSBURG),
         asked(f"{GETTYSBURG}\nHow many years are four score and seven?", "Eighty-seven.")),
    _passage("i have a dream", DREAM, "Which earlier document does the speaker quote here, and to what end?",
             "the Declaration", "the Constitution", "the Federalist Papers", "the Bible"),
    _context("declaration of independence", INDEPENDENCE, "Which rights does the author call unalienable here?",
             "life, liberty, the pursuit of happiness", "property", "suffrage", "trial by jury"),
    _passage("first inaugural", INAUGURAL, "To which crisis of its time does this passage refer most directly?",
             "the Great Depression", "the Civil War", "the Cold War", "the Dust Bowl"),
    _passage("the road not taken", ROAD, "Which device does the poet rely on in the lines above?",
             "metaphor", "hyperbole", "irony", "allusion"),
    _context("hamlet", HAMLET, "What is the speaker of these lines weighing against each other?",
             "life and death", "love and duty", "war and peace", "youth and age"),
    _passage("a tale of two cities", TALE, "What is the effect of the repetition in this opening?",
             "contrast", "comedy", "suspense", "irony"),
    _passage("poem of the red cliff", CHIBI, "这首词表达了作者怎样的思想感情？",
             "怀古伤今", "思乡之情", "送别之意", "田园之乐", text=f"中学生必背古诗词：\n{CHIBI}\n请同学们熟读。"),
    _passage("mit licence", MIT, "Under this licence, which obligation does a redistributor have?",
             "keep the notice", "publish the source", "pay a fee", "none"),
    _passage("apache licence", APACHE, "Which kind of clause of a software licence is the paragraph above?",
             "a disclaimer", "a grant", "a definition", "a preamble"),
    _context("gpl", GPL, "Which versions of the licence may a recipient of the program choose from?",
             "version 3 or later", "version 2 only", "any version", "none"),
    Case("licence header in code",
         item("Which licence does this header announce? " + GPL, "GPL", "MIT", "BSD", "Apache"),
         f"#!/usr/bin/env python\n# {GPL}\nimport sys\nprint(sys.argv)"),
    Case("truth table, other formulas",
         item("Construct a complete truth table for the following pairs of propositions. Then, using the truth "
              "tables, determine whether the pairs of propositions are logically equivalent or contradictory. "
              "~R > K and K > ~R", "equivalent", "contradictory", "neither", "both"),
         asked("Construct a complete truth table for the following pairs of propositions. Then, using the truth "
               "tables, determine whether the pairs of propositions are logically equivalent or contradictory. "
               "P & Q and Q v S", "Neither."),
         asked("Construct a complete truth table for the following pairs of propositions. Then, using the truth "
               "tables, determine whether the pairs of propositions are logically equivalent or contradictory. "
               "~R > K and K > ~R", "Neither.")),
    Case("truth table as text",
         item("Fill in the truth table: p q p and q; T T T; T F F; F T F; F F F. Which connective is it?",
              "and", "or", "implies", "iff"),
         "| p | q | p and q |\n| T | T | T |\n| T | F | F |\n| F | T | F |\n| F | F | F |\nThis is conjunction."),
    Case("geometric series",
         item(r"Find the sum of the series $\sum_{n=0}^{\infty} \frac{1}{2^n}$ and justify convergence.", answer="2"),
         r"The geometric series $\sum_{n=0}^{\infty} \frac{1}{2^n}$ equals 2, as its ratio is one half.",
         asked(r"Find the sum of the series $\sum_{n=0}^{\infty} \frac{1}{2^n}$ and justify convergence.", "2")),
    Case("basel problem",
         item(r"Evaluate \sum_{n=1}^{\infty} \frac{1}{n^2}", answer=r"\frac{\pi^2}{6}"),
         r"Euler showed in 1735 that \sum_{n=1}^{\infty} \frac{1}{n^2} = \frac{\pi^2}{6}.",
         asked(r"Evaluate \sum_{n=1}^{\infty} \frac{1}{n^2}", r"\frac{\pi^2}{6}")),
    Case("exponential series",
         item(r"Which function has the expansion $\sum_{n=0}^{\infty} \frac{x^n}{n!}$ around zero?",
              "exp", "sin", "cos", "log"),
         r"Recall the Taylor expansion $e^x = \sum_{n=0}^{\infty} \frac{x^n}{n!}$, valid for every real x."),
    Case("gaussian integral",
         item(r"Compute the value of $\int_{-\infty}^{\infty} e^{-x^2} dx$ exactly.", answer=r"\sqrt{\pi}"),
         r"The Gaussian integral is $\int_{-\infty}^{\infty} e^{-x^2} dx = \sqrt{\pi}$; see any textbook."),
    Case("standard integral",
         item(r"Evaluate $\int_0^1 \frac{dx}{1 + x^2}$.", answer=r"\frac{\pi}{4}"),
         r"A table of integrals lists $\int_0^1 \frac{dx}{1 + x^2} = \frac{\pi}{4}$ among others."),
    Case("quadratic formula",
         item(r"Derive the formula $x = \frac{-b \pm \sqrt{b^2 - 4ac}}{2a}$ by completing the square."),
         r"The roots are $x = \frac{-b \pm \sqrt{b^2 - 4ac}}{2a}$ whenever a is not zero.",
         asked(r"Derive the formula $x = \frac{-b \pm \sqrt{b^2 - 4ac}}{2a}$ by completing the square.")),
    Case("formula alone as an item",
         item(r"$F = G \frac{m_1 m_2}{r^2}$", "gravitation", "Coulomb", "Hooke", "Ohm"),
         r"Newton's law reads $F = G \frac{m_1 m_2}{r^2}$, with G the gravitational constant."),
    Case("same word problem, other numbers",
         item("A train travels 360 miles in 3 hours. At the same rate, how many additional hours would it take to "
              "travel an additional 240 miles?", answer="2"),
         asked("A train travels 270 miles in 5 hours. At the same rate, how many additional hours would it take to "
               "travel an additional 180 miles?", "3.33"),
         asked("A train travels 360 miles in 3 hours. At the same rate, how many additional hours would it take to "
               "travel an additional 240 miles?", "2")),
    Case("company law, blank filled in",
         item("有限责任公司由一个以上____个以下股东出资设立。", "五十", "三十", "二十", "一百", answer="A"),
         f"第四十二条　{COMPANY_42}",
         asked(listed("有限责任公司由一个以上____个以下股东出资设立。", "五十", "三十", "二十", "一百"), "A")),
    Case("company law, trailing blank",
         item("公司向其他企业投资或者为他人提供担保，按照公司章程的规定，由____", "董事会或者股东会决议", "监事会决议",
              "经理决定", "职工代表大会决议"),
         f"第十五条　{COMPANY_15}"),
    Case("company law quoted on both sides",
         item(f"《公司法》第十五条规定：“{COMPANY_15}”甲公司拟为其子公司的银行贷款提供保证，下列程序合法的是（　）。",
              "由股东会决议", "由经理签字", "由财务总监批准", "无须决议"),
         asked(f"请解释《公司法》第十五条。{COMPANY_15}", "这一条规定了公司对外投资和担保的决策程序。"),
         asked(listed(f"《公司法》第十五条规定：“{COMPANY_15}”甲公司拟为其子公司的银行贷款提供保证，下列程序合法的是（　）。",
                      "由股东会决议", "由经理签字", "由财务总监批准", "无须决议"), "A")),
    Case("securities law as context",
         item("下列说法符合上述规定的是（　）。", "未经注册可以公开发行", "公开发行须经注册", "个人可自行公开发行", "均不符合",
              context=SECURITIES_9),
         f"第九条　{SECURITIES_9}有下列情形之一的，为公开发行。"),
    Case("securities law, generic ask about the same article",
         item(f"根据《证券法》，{SECURITIES_53}下列行为违法的是（　）。", "甲在公开前买入股票", "乙在公开后卖出", "丙持有债券",
              "丁购买国债"),
         asked(listed(f"根据《证券法》，{SECURITIES_53}下列行为违法的是（　）。", "证券公司自营", "基金申购", "国债逆回购",
                      "融资融券"), "A")),
    Case("securities law, statement of the fact",
         item("公开发行证券，必须符合法律、行政法规规定的条件，并依法报经____注册。", "国务院证券监督管理机构", "证券交易所",
              "财政部", "商务部"),
         f"法条原文：{SECURITIES_9}"),
    _passage("rule 10b-5", TEN_B_5, "Which element must a private plaintiff prove in addition under this rule?",
             "scienter", "negligence", "strict liability", "malice"),
    Case("accounting definition, judged",
         item(ASSET, answer="是"),
         f"会计基础知识：{ASSET}负债是指企业过去的交易或者事项形成的现时义务。"),
    Case("accounting definition, blank at the end",
         item("资产是指企业过去的交易或者事项形成的、由企业拥有或者控制的、预期会给企业带来经济利益的____。", "资源", "义务",
              "流入", "权利"),
         f"术语表。{ASSET}所有者权益是指资产扣除负债后由所有者享有的剩余权益。"),
    Case("generic stem in chinese",
         item("下列说法中正确的是（　）。", "增值税是价外税", "消费税是价外税", "关税是地方税", "个税是财产税"),
         asked(listed("下列说法中正确的是（　）。", "央行负责审计", "银行不得放贷", "股票没有风险", "债券没有利率"), "D"),
         asked(listed("下列说法中正确的是（　）。", "增值税是价外税", "消费税是价外税", "关税是地方税", "个税是财产税"), "A")),
    Case("generic stem in english",
         item("Which of the following statements is true?", "Bonds pay coupons", "Stocks mature", "Cash is risky"),
         asked(listed("Which of the following statements is true?", "Water is dry", "Iron floats", "Ice is warm")),
         asked(listed("Which of the following statements is true?", "Bonds pay coupons", "Stocks mature",
                      "Cash is risky"))),
    Case("recurring stem, other options",
         item("在股指期权市场上，如果预期股市会在交易完成后迅速上涨，以下交易风险最大的是____。", "卖出看涨期权",
              "买入看涨期权卖出看跌期权", "买入看涨期权", "同时买入看涨期权和看跌期权"),
         asked(listed("在股指期权市场上，如果预期股市会在交易完成后迅速上涨，以下交易风险最大的是____。", "卖出看涨期权",
                      "卖出看跌期权", "同时买入和卖出看涨期权", "同时买入和卖出看跌期权"), "A")),
    Case("option list of true and false",
         item("企业发行债券取得的收入应当计入营业外收入科目核算。", "正确", "错误", answer="B"),
         asked("计提坏账准备会减少当期利润。\nA. 正确\nB. 错误", "A. 正确")),
    Case("label to be classified",
         item("纳斯达克指数", "科技股指数", "蓝筹股指数", "债券指数", "商品指数"),
         "隔夜美股三大指数集体收涨，纳斯达克指数上涨百分之一，标普五百指数上涨百分之零点五。"),
    Case("template prompt",
         item(f"{TEMPLATE}\n问题：下列属于所有者权益的是？", "股本", "应付账款", "存货", "预收账款"),
         asked(f"{TEMPLATE}\n问题：下列属于流动负债的是？\nA. 固定资产\nB. 商誉\nC. 应交税费\nD. 盈余公积", "C")),
    Case("risk disclaimer",
         item(f"{DISCLAIMER}某投资者以10元买入1000股，以12元卖出，不计费用，其收益为多少元？", answer="2000"),
         f"今日大盘震荡。{DISCLAIMER}", asked(f"{DISCLAIMER}某投资者以10元买入1000股，以12元卖出，不计费用，其收益为多少元？")),
    Case("table header",
         item("| Company | Payments volume (billions) | Total volume (billions) | Total transactions (billions) | "
              "Cards (millions) |\nBy how much did the payments volume of the largest network exceed the second?",
              answer="760"),
         "| Company | Payments volume (billions) | Total volume (billions) | Total transactions (billions) | "
         "Cards (millions) |\n| visa | 2457 | 3822 | 50.3 | 1592 |"),
    Case("news article to be summarised",
         item("财联社7月20日讯，昨日大盘全天震荡分化，沪指探底回升，创业板指跌超1%。截至收盘，沪指涨0.03%，深成指跌0.37%。北向资金全天净卖出"
              "53.4亿元。板块方面，减速器、房地产、家居用品、保险等板块涨幅居前，游戏、CPO、锂矿、光伏设备等板块跌幅居前。券商认为，水务行业"
              "将逐步进入下一轮调价周期，水价上涨将为公司带来新的业绩增量。", "水务将进入调价周期", "水务不会调价", "家居将走弱",
              "保险将走弱"),
         "财联社7月20日讯，昨日大盘全天震荡分化，沪指探底回升，创业板指跌超1%。截至收盘，沪指涨0.03%，深成指跌0.37%。北向资金全天净卖出"
         "53.4亿元。板块方面，减速器、房地产、家居用品、保险等板块涨幅居前，游戏、CPO、锂矿、光伏设备等板块跌幅居前。券商认为，水务行业"
         "将逐步进入下一轮调价周期，水价上涨将为公司带来新的业绩增量。"),
    Case("order of steps quoted from a manual",
         item("To compile the kernel run make menuconfig, make, make modules_install and make install in this order. "
              "Which of these commands writes the boot loader entry?", "make install", "make", "make menuconfig"),
         "To compile the kernel run make menuconfig, make, make modules_install and make install in this order. "
         "Reboot afterwards."),
)  # fmt: skip
